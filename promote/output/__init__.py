"""How results look: text, JSON, SARIF, JUnit, GitHub annotations, Markdown, and the words of a pull request."""
