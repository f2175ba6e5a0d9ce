# METADATA
# title: Pod Security Standards
# description: |
#   Differences of the standards between Kubernetes versions. The oldest version in promote.yaml decides, because a pod
#   that it denies must not be deployed there. Without promote it is 1.35.
package lib.pod_security_standard

default minor := 35

minor := to_number(found) if ["1", found] = split(data.target.kubernetes, ".")

# Whether the standards are those of Kubernetes 1.<first> or later.
since(first) if minor >= first

# The capabilities that `baseline` allows a container to add. Container runtimes grant most of them by default.
capabilities := {
	"AUDIT_WRITE",
	"CHOWN",
	"DAC_OVERRIDE",
	"FOWNER",
	"FSETID",
	"KILL",
	"MKNOD",
	"NET_BIND_SERVICE",
	"SETFCAP",
	"SETGID",
	"SETPCAP",
	"SETUID",
	"SYS_CHROOT",
}

# The seccomp profiles that both standards allow.
seccomp_profiles := {"Localhost", "RuntimeDefault"}
