package lib.literals_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.literals

_config := examples.resource("v1", "ConfigMap", "cart", {"data": {"a/b~c": "text", "number": 1}})

test_variables_are_literal if {
	target := examples.server({"env": [
		{"name": "A", "value": "1"},
		{"name": "B", "valueFrom": {"secretKeyRef": {"name": "cart", "key": "b"}}},
		{"name": "C", "value": ""},
		"none",
	]})
	[literal] := literals.variables with input as target
	assert.same([literal.name, literal.text, literal.path], ["A", "1", "/env/0/value"])
}

test_settings_have_a_pointer if {
	[literal] := literals.settings with input as examples.combined([_config])
	assert.same([literal.name, literal.text, literal.path], ["a/b~c", "text", "/data/a~1b~0c"])
}

test_commands_are_joined if {
	target := examples.server({
		"args": ["--port", 80],
		"readinessProbe": {"exec": {"command": ["ready", "now"]}},
	})
	found := literals.commands with input as target
	assert.same({[literal.name, literal.text, literal.path] | some literal in found}, {
		["", "--port ", "/args"],
		["", "ready now", "/readinessProbe/exec/command"],
	})
}

test_commands_are_found_in_every_place if {
	exec := {"exec": {"command": ["now"]}}
	target := examples.server({
		"command": ["now"],
		"args": ["now"],
		"livenessProbe": exec,
		"readinessProbe": exec,
		"startupProbe": exec,
		"lifecycle": {"postStart": exec, "preStop": exec},
	})
	found := literals.commands with input as target
	assert.same({literal.path | some literal in found}, {
		"/command",
		"/args",
		"/livenessProbe/exec/command",
		"/readinessProbe/exec/command",
		"/startupProbe/exec/command",
		"/lifecycle/postStart/exec/command",
		"/lifecycle/preStop/exec/command",
	})
}

test_findings_name_the_holder if {
	[literal] := literals.variables with input as examples.server({"env": [{"name": "A", "value": "1"}]})
	[setting] := literals.settings with input as examples.combined([_config])
	body := {"msg": "a secret", "fix": "fix it"}
	assert.same(literals.about(literal, body).msg, "Deployment/cart: container server sets A, a secret")
	assert.same(literals.about(setting, body).msg, "ConfigMap/cart: holds a/b~c, a secret")
	hook := {"lifecycle": {"preStop": {"exec": {"command": ["a"]}}}}
	[command] := literals.commands with input as examples.server(hook)
	assert.same(
		literals.about(command, body).msg,
		"Deployment/cart: container server runs lifecycle.preStop.exec.command, a secret",
	)
}

test_secrets_are_known_by_their_names if {
	every name in [
		"PASSWORD", "DB_PASS", "dbPassword", "spring.datasource.password", "admin-token", "GITHUB_TOKEN", "SECRET",
		"API_KEY", "apiKey", "SIGNING_KEY", "AWS_SECRET_ACCESS_KEY", "PASSWORD_2", "PASSWORD_10", "credentials",
		"oauth2Token",
		"TOKEN_X", "DB_PASSWORD_PROD", "GITHUB_TOKEN_RO", "APIKEY_PROD", "DBPASS", "mysqlpassword", "admin_pw", "TLS_KEY",
		"PASSWORD_FOR_SHOP", "POSTGRES_PASSWORD_OLD", "clientSecret2", "authtoken", "PASSWORD_FILE_PASSWORD",
		"redispass", "TOKEN_TTL_TOKEN", "SECRET_KEY_BASE", "private-key.prod", "ROOT_PWD_2024", "LDAP_BIND_CREDENTIALS_EU",
	] {
		literals.is_secret(name)
	}
}

test_what_only_sounds_like_a_secret_is_none if {
	every name in [
		"PASSWORD_FILE", "TOKEN_TTL", "JWT_EXPIRES_IN", "SECRET_NAME", "KEY_PREFIX", "CACHE_KEY", "PUBLIC_KEY",
		"AWS_ACCESS_KEY_ID", "MAX_TOKENS", "COMPASS", "BYPASS", "password.txt",
		"TOKEN_URL", "PASSWORD_MIN_LENGTH", "SECRET_STORE_KIND", "tokenizer", "PASSENGERS", "passthrough", "secretary",
		"PASSWORD_POLICY_REGEX", "TLS_KEY_PATH", "PRIMARY_KEY", "PARTITION_KEY", "TOKEN_BUCKET_SIZE", "MONKEY", "RPWM",
		"tokens", "ACCESS_TOKEN_EXPIRES_IN_SECONDS", "PASSWORD_RESET_URL", "PWM_MODE", "CLIENT_SECRET_FILE",
	] {
		not literals.is_secret(name)
	}
}

test_references_are_not_secrets if {
	every text in [
		"/run/secret", "$(OTHER)", "${OTHER}", "vault:secret/a", "https://id.example", "s3://keys/a", "True", "{{ .token }}",
		"false", "no", "none", "null", "off", "on", "optional", "required", "yes", "tls.key", "server-1.pem",
		"ENC[AES256_GCM,data:cXdl,iv:YQ==,tag:Yg==,type:str]",
	] {
		literals.is_reference(text)
	}
	not literals.is_reference("hunter2")
}

test_names_of_secrets_in_a_text_of_unknown_syntax if {
	pairs := "a: 1\n\"apiToken\": \"abcdef\", {password=hunter2; b}\nsecret: ${FROM_ENV}\npassword_file: /run/a\n"
	text := concat("", [pairs, "key: ENC[AES256_GCM,data:a]\n"])
	assert.same(literals.secrets_in(text), {"apiToken", "password"})
}

test_credentials_in_a_known_format if {
	literals.has_known_format("url: https://me:hunter2@example.com")
	not literals.has_known_format("url: https://example.com")
}
