// The schema of SARIF 2.1.0 as OASIS publishes it, which tests/integration compares the output of promote with.
module sarif

go 1.26

require github.com/owenrumney/go-sarif/v3 v3.3.1
