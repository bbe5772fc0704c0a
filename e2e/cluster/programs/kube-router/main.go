// The controller that enforces NetworkPolicies: kube-router's, with none of its routing and proxying at work.
package main

import (
	"log"

	"github.com/cloudnativelabs/kube-router/v2/pkg/cmd"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/spf13/pflag"
)

func main() {
	settings := options.NewKubeRouterConfig()
	settings.AddFlags(pflag.CommandLine)
	pflag.Parse()
	router, err := cmd.NewKubeRouterDefault(settings)
	if err != nil {
		log.Fatal(err)
	}
	if err := router.Run(); err != nil {
		log.Fatal(err)
	}
}
