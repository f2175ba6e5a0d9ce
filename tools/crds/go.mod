// The custom resource definitions whose schemas `promote check` needs: files of these modules, never built.
module crds

go 1.27.3

require (
	github.com/argoproj/argo-cd/v3 v3.6.1
	github.com/fluxcd/kustomize-controller v1.9.3
	github.com/fluxcd/source-controller v1.9.3
)
