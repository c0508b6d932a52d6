package cli

import (
	"runtime"
	"runtime/debug"
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

// committed is when the commit was made that was built, or else now.
func committed(now time.Time) time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		if t, err := time.Parse(time.RFC3339, setting(info, "vcs.time")); err == nil {
			return t.UTC()
		}
	}
	return now
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
