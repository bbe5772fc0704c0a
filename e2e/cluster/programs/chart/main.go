// Renders a Helm chart: chart DIRECTORY RELEASE NAMESPACE < values.json > manifests.yaml. What `helm template` does, without
// the rest of Helm.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

func main() {
	if err := render(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

func render(arguments []string) error {
	if len(arguments) != 3 {
		return fmt.Errorf("usage: chart DIRECTORY RELEASE NAMESPACE < values.json")
	}
	values := chartutil.Values{}
	if err := json.NewDecoder(os.Stdin).Decode(&values); err != nil {
		return fmt.Errorf("the values on standard input: %w", err)
	}
	loaded, err := loader.Load(arguments[0])
	if err != nil {
		return err
	}
	if err := chartutil.ProcessDependencies(loaded, values); err != nil {
		return err
	}
	release := chartutil.ReleaseOptions{Name: arguments[1], Namespace: arguments[2], Revision: 1, IsInstall: true}
	final, err := chartutil.ToRenderValues(loaded, values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return err
	}
	files, err := engine.Render(loaded, final)
	if err != nil {
		return err
	}
	for _, definition := range loaded.CRDObjects() {
		files["crds/"+definition.Name] = string(definition.File.Data)
	}
	names := make([]string, 0, len(files))
	for name := range files {
		if strings.HasSuffix(name, ".yaml") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Printf("---\n# %s\n%s\n", name, files[name])
	}
	return nil
}
