# METADATA
# title: Pod Security Standards
# description: |
#   Where the standards changed with a minor version of Kubernetes, and which version decides: the oldest that
#   promote.yaml names, because what it denies must not be deployed there. By hand it is 1.35.
package lib.pod_security_standard

default minor := 35

minor := to_number(found) if ["1", found] = split(data.target.kubernetes, ".")

# Whether the standards that decide are those of Kubernetes 1.<first> or later.
since(first) if minor >= first

# What `baseline` lets a container add. The container runtime grants most of it anyway.
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

# What either standard accepts as a profile of system calls, if there is one.
seccomp_profiles := {"Localhost", "RuntimeDefault"}
