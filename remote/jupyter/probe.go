package jupyter

import (
	"context"
	_ "embed"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

//go:embed scripts/probe.sh
var probeScript string

// Probe looks at a host and changes nothing there.
func Probe(ctx context.Context, h Host) (Facts, error) {
	out, err := output(ctx, h, script(probeScript))
	if err != nil {
		return Facts{}, fmt.Errorf("examining the host: %w", err)
	}
	f, err := parseFacts(out)
	if err != nil {
		return Facts{}, &Error{
			Kind: problem.Server, Title: "The host cannot be examined",
			Text: "Its shell did not answer as a POSIX shell does.",
			Next: problem.Say("Log in by hand and check that sh, df, awk and sed work there, then try again."),
			Raw:  safe.Clean(head(out, 200)), Err: err,
		}
	}
	return f, nil
}

// parseFacts reads the probe's key=value lines. Lines it does not know, such
// as what a login script prints, are left out.
func parseFacts(out string) (Facts, error) {
	var f Facts
	ended := false
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		value = safe.Clean(value)
		if !f.setText(key, value) && !f.setFlag(key, value == "1") {
			f.setSize(key, value)
		}
		ended = ended || key == "end"
	}
	switch {
	case !ended:
		return Facts{}, fmt.Errorf("the probe's answer has no end")
	case !path.IsAbs(f.Home):
		return Facts{}, fmt.Errorf("the home folder %q is not an absolute path", f.Home)
	case !validAddr(f.Loopback):
		return Facts{}, fmt.Errorf("%q is not a loopback address", f.Loopback)
	}
	return f, nil
}

func (f *Facts) setText(key, value string) bool {
	switch key {
	case "os":
		f.OS = value
	case "release":
		f.Release = value
	case "arch":
		f.Arch = value
	case "libc":
		f.Libc = value
	case "python":
		f.Python = value
	case "python_version":
		f.PythonVersion = value
	case "loopback":
		f.Loopback = value
	case "home":
		f.Home = value
	case "user":
		f.User = value
	case "ip":
		if validAddr(value) && !slices.Contains(f.PrivateIPs, value) {
			f.PrivateIPs = append(f.PrivateIPs, value)
		}
	default:
		return false
	}
	return true
}

func (f *Facts) setFlag(key string, on bool) bool {
	switch key {
	case "pep668":
		f.PEP668 = on
	case "systemd":
		f.Systemd = on
	case "sudo":
		f.Sudo = on
	case "apt":
		f.Apt = on
	case "cloud_init":
		f.CloudInit = on
	case "curl":
		f.Curl = on
	case "wget":
		f.Wget = on
	default:
		return false
	}
	return true
}

func (f *Facts) setSize(key, value string) {
	kb, err := strconv.ParseInt(value, 10, 64)
	if err != nil || kb < 0 {
		return
	}
	mb := int(kb / 1024)
	switch key {
	case "free_disk_kb":
		f.FreeDiskMB = mb
	case "memory_kb":
		f.MemoryMB = mb
	case "swap_kb":
		f.SwapMB = mb
	}
}

func validAddr(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

// script makes an embedded script fit for a POSIX sh, whatever line ends it
// was checked out with.
func script(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// BootID is the ID of the host's boot, empty where it has none. An embedded
// host, whose kernel is this computer's, has one of its own.
func BootID(ctx context.Context, h Host) (string, error) {
	out, err := output(ctx, h, `printf %s "${JUPYTER_EC2_BOOT:-$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)}"`)
	if err != nil {
		return "", fmt.Errorf("asking which boot of the machine this is: %w", err)
	}
	return safe.Clean(head(strings.TrimSpace(out), 80)), nil
}

// output is ask without an environment.
func output(ctx context.Context, h Host, text string) (string, error) {
	return ask(ctx, h, text, nil)
}

// ask runs a script and returns what it printed, as it is. That the program
// looks at a host is no activity there.
func ask(ctx context.Context, h Host, text string, env map[string]string) (string, error) {
	out := &cappedBuffer{max: 4 << 20}
	err := h.Run(ctx, remote.Command{Script: text, Env: env, Stdout: out, Label: remote.WatchLabel})
	return out.String(), err
}

// cappedBuffer keeps the first max bytes and drops the rest: a host may print
// without end.
type cappedBuffer struct {
	kept []byte
	max  int
}

func (b *cappedBuffer) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), b.max-len(b.kept))]...)
	return len(p), nil
}

func (b *cappedBuffer) String() string { return string(b.kept) }

func head(s string, n int) string { return s[:min(n, len(s))] }
