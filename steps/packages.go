package steps

// PackagesOptions say what is done with a project's Python packages.
type PackagesOptions struct {
	// Compare only compares both sides; WriteBack adds to the project's
	// requirements.txt what was added on the machine, before anything is brought.
	Compare, WriteBack bool
	Names              []string // to bring as well, and starter sets
	Without            []string // to leave out
	// Send are variables of this computer's environment that the machine gets for
	// the install. None is sent because a file of the project refers to it.
	Send []string
}

// Packages are a project's Python packages on both sides. Its texts are safe for
// a terminal.
type Packages struct {
	From    string `json:"from"`              // what asks for them: a file of the project, a venv's folder, or empty for names alone
	Against string `json:"against,omitempty"` // what the versions here are from; empty where none are known
	Kernel  string `json:"kernel,omitempty"`  // the kernelspec's name, where they were brought just now
	Python  string `json:"python"`            // the version on the machine
	// Prefers is the Python that the project is worked with, where the machine has
	// not got it.
	Prefers     string         `json:"prefers,omitempty"`
	Differences int            `json:"differences"`
	Rows        []PackageRow   `json:"-"` // those that differ first
	Added       []PackageAdded `json:"-"`
	Left        []PackageLeft  `json:"-"`
	Warnings    []string       `json:"warnings,omitempty"`
	// Unsent are variables that the project's files refer to and that were not sent.
	Unsent  []string `json:"unsent,omitempty"`
	Written int      `json:"written"` // how many were written back
}

// PackageRow is a package with its versions; an empty one is not there, or not
// known.
type PackageRow struct {
	Name  string `json:"name"`
	Here  string `json:"here"`
	There string `json:"there"`
	Local bool   `json:"local,omitempty"` // it is the project itself

	Differs bool `json:"differs"`
}

// PackageAdded is a package that was installed or changed on the machine, as by
// %pip, and that the project does not ask for so.
type PackageAdded struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Was     string `json:"was,omitempty"` // the version that was brought
}

// PackageLeft is a package that is not brought, and why.
type PackageLeft struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}
