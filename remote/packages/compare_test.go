package packages

import "testing"

// Whatever a host says, what it tells of packages can be ones.
func FuzzSeen(f *testing.F) {
	f.Add("brought {\"python\":\"3.11\",\"packages\":[]}\nnow {\"packages\":[{\"name\":\"a\",\"version\":\"1\",\"requires\":[\"b\"]}]}\nkernel x\nfor a==1\nend\n")
	f.Add("now null\nend")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSeen(text)
		if err != nil {
			return
		}
		for _, a := range s.added(Needs{}) {
			if r, err := parseRequirement(a.Name + "==" + a.Version); err != nil || r.name != a.Name || r.exact() != a.Version {
				t.Errorf("%q tells %+v", text, a)
			}
		}
	})
}
