package ec2sim

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

type consoleIn struct {
	InstanceId string
	Latest     bool
}

type consoleOut struct {
	ID     string `xml:"instanceId"`
	Time   string `xml:"timestamp"`
	Output string `xml:"output,omitempty"` // base64
}

// consoleMost is how much of a console EC2 keeps: its end.
const consoleMost = 64 << 10

// getConsoleOutput is empty until EC2 shows what the first boot printed. A
// console is that of all boots: what was printed stays over stops and starts.
func getConsoleOutput(c *call, in *consoleIn) (*consoleOut, error) {
	found, err := c.visible([]string{in.InstanceId})
	if err != nil {
		return nil, err
	}
	i := found[0]
	kind, _ := typeNamed(i.Type)
	if in.Latest && !kind.nitro() {
		return nil, refuse("UnsupportedOperation", "This instance type does not support retrieving the latest console logs. Supported instance types include instances built on the Nitro System.")
	}
	if i.State == stateRunning && !c.now.Before(i.Since.Add(c.cloud.consoleDelay(kind))) {
		if now := i.console(); now != i.Console {
			i.Console, c.changed = now, true
		}
	}
	out := &consoleOut{ID: i.ID, Time: wireTime(c.now)}
	if i.Console != "" {
		out.Output = base64.StdEncoding.EncodeToString([]byte(i.Console))
	}
	return out, nil
}

// consoleDelay is how long after its start a type's console is shown.
func (c *Cloud) consoleDelay(kind instanceType) time.Duration {
	if t := c.opts.Timing; t.Xen != 0 && !kind.nitro() {
		return t.Xen
	}
	return c.opts.Timing.Console
}

// console is what the instance has printed, with a serial console's line ends:
// what its host did, then what cloud-init says of its host keys at the end of
// the first boot.
func (i *instance) console() string {
	var b strings.Builder
	if i.printed != nil {
		b.WriteString(serial(i.printed()))
	}
	if len(i.HostKeys) > 0 {
		b.WriteString(serial([]byte(hostKeyLines(i.ID, i.HostKeys))))
	}
	text := b.String()
	return text[max(0, len(text)-consoleMost):]
}

// serial has every line end as a serial console shows it.
func serial(text []byte) string {
	return strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n", "\r\n")
}

// hostKeyLines are what cloud-init prints at the first boot.
func hostKeyLines(id string, hostKeys []string) string {
	const frame = "<14>Jan  1 00:00:12 cloud-init: "
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("[    0.000000] Linux version 6.17.0-1007-aws (embedded cloud: no kernel runs here)")
	line("[   12.408127] cloud-init[615]: Cloud-init v. 26.3 finished the instance %s", id)
	line(frame + "#############################################################")
	line(frame + "-----BEGIN SSH HOST KEY FINGERPRINTS-----")
	for _, key := range hostKeys {
		words := strings.Fields(key)
		if len(words) < 2 {
			continue
		}
		blob, err := base64.StdEncoding.DecodeString(words[1])
		if err != nil {
			continue
		}
		sum := sha256.Sum256(blob)
		line(frame+"256 SHA256:%s root@ip (%s)", base64.RawStdEncoding.EncodeToString(sum[:]), strings.ToUpper(strings.TrimPrefix(words[0], "ssh-")))
	}
	line(frame + "-----END SSH HOST KEY FINGERPRINTS-----")
	line(frame + "#############################################################")
	line("-----BEGIN SSH HOST KEY KEYS-----")
	for _, key := range hostKeys {
		line("%s", strings.Join(strings.Fields(key), " "))
	}
	line("-----END SSH HOST KEY KEYS-----")
	line("[   13.001245] cloud-init[615]: Datasource DataSourceEc2Local. Up 13.00 seconds")
	line("Ubuntu ttyS0")
	return b.String()
}
