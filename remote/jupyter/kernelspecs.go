package jupyter

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// Kernelspec is a kind of kernel the server can start.
type Kernelspec struct{ Name, DisplayName, Language string }

// Kernelspecs lists the kernels of a notebook server or a gateway, the default
// one first, the others by name. Its errors are *Error.
func Kernelspecs(ctx context.Context, ep Endpoint) ([]Kernelspec, error) {
	c, err := ep.client()
	if err != nil {
		return nil, err
	}
	defer c.close()
	return c.kernelspecs(ctx, ep)
}

func (c *client) kernelspecs(ctx context.Context, ep Endpoint) ([]Kernelspec, error) {
	body, err := c.do(ctx, http.MethodGet, "/api/kernelspecs", nil)
	if err != nil {
		return nil, explainReach(ep, err)
	}
	specs, err := parseKernelspecs(body)
	if err != nil {
		return nil, explainReach(ep, err)
	}
	return specs, nil
}

func parseKernelspecs(body []byte) ([]Kernelspec, error) {
	var answer struct {
		Default     string `json:"default"`
		Kernelspecs map[string]struct {
			Spec struct {
				DisplayName string `json:"display_name"`
				Language    string `json:"language"`
			} `json:"spec"`
		} `json:"kernelspecs"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("reading the list of kernels: %w", err)
	}
	specs := make([]Kernelspec, 0, len(answer.Kernelspecs))
	for name, k := range answer.Kernelspecs {
		specs = append(specs, Kernelspec{
			Name: safe.Clean(name), DisplayName: safe.Clean(k.Spec.DisplayName), Language: safe.Clean(k.Spec.Language),
		})
	}
	first := safe.Clean(answer.Default)
	slices.SortFunc(specs, func(a, b Kernelspec) int {
		switch {
		case a.Name == b.Name:
			return cmp.Compare(a.DisplayName, b.DisplayName)
		case a.Name == first:
			return -1
		case b.Name == first:
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return specs, nil
}
