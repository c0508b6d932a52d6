package testhost

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// tools are the programs used, by the Debian package that has them.
var tools = [][2]string{
	{"debootstrap", "debootstrap"},
	{"systemd-nspawn", "systemd-container"},
	{"nft", "nftables"},
	{"zstd", "zstd"},
	{"ip", "iproute2"},
	{"flock", "util-linux"},
	{"nsenter", "util-linux"},
}

// Need skips the test where hosts cannot run, and says why. As root in
// continuous integration (CI=true) it fails instead.
func Need(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("boots machines and installs Jupyter on them")
	}
	why := missing()
	switch {
	case why == "":
	case os.Getenv("CI") == "true" && os.Geteuid() == 0:
		t.Fatalf("no machines can be booted here: %s", why)
	default:
		t.Skipf("no machines can be booted here: %s", why)
	}
}

func missing() string {
	if runtime.GOOS != "linux" {
		return "this is not Linux"
	}
	if os.Geteuid() != 0 {
		return "it takes root"
	}
	var packages []string
	for _, tool := range tools {
		if _, err := exec.LookPath(tool[0]); err != nil {
			packages = append(packages, tool[1])
		}
	}
	if len(packages) > 0 {
		return "these Debian packages are missing: " + strings.Join(packages, " ")
	}
	if out, err := exec.Command("unshare", "--net", "--mount", "--pid", "--fork", "true").CombinedOutput(); err != nil {
		return fmt.Sprintf("no namespaces can be made: %v: %s", err, out)
	}
	return ""
}
