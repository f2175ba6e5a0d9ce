// The fixtures of the Pod Security Standards, which tests/policies compares the policies with.
module pod-security

go 1.26

require k8s.io/pod-security-admission v0.37.2
