package packages

// Science is the starter set of those who bring no packages.
const Science = "science"

// Starter is a set of packages under one name.
type Starter struct {
	Names []string
	// Download and Disk are how much it takes, in MB, on Linux with x86-64 and
	// Python 3.12 in November 2026.
	Download, Disk int
}

// Starters are all starter sets, by name.
func Starters() map[string]Starter {
	return map[string]Starter{
		Science: {
			Names:    []string{"numpy", "pandas", "scipy", "matplotlib", "scikit-learn", "ipywidgets"},
			Download: 115, Disk: 380,
		},
	}
}
