package cli

import (
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// version says what was built: the module's version when it was installed by
// version, else the commit, else "dev".
func version() string {
	v := "dev"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" && info.Main.Version != "(devel)" {
			v = info.Main.Version
		} else if commit := setting(info, "vcs.revision"); len(commit) >= 12 {
			v = "dev-" + commit[:12]
		}
	}
	return v + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// dated is when the program was made as far as what it prints about itself
// tells: the time that a build asks for (SOURCE_DATE_EPOCH), or else the
// commit's, or else now.
func (p *Program) dated() time.Time {
	if seconds, err := strconv.ParseInt(p.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if t, err := time.Parse(time.RFC3339, setting(info, "vcs.time")); err == nil {
			return t.UTC()
		}
	}
	return p.Now()
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
