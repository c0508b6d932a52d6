package cloudinit

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// MaxBytes is how much user data EC2 takes, before base64.
const MaxBytes = 16 << 10

//go:embed boot.sh
var bootScript string

// Machine is what a new machine is told before anybody can log in.
type Machine struct {
	// HostKey is the key that it shows to whoever connects; it is given no other.
	HostKey remote.KeyPair
	// User is the login user, in whose home the job is.
	User string
	// Job is begun at the first boot, as [remote.Client.Job] would begin it.
	Job remote.Job
}

// UserData is the gzipped document for cloud-init. Whoever may read a
// machine's user data reads the host key's private half in it; there is no
// other secret in it, and a job with an environment is refused.
func UserData(m Machine) ([]byte, error) {
	const doing = "make the user data"
	document, err := m.document()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	_, err = z.Write([]byte(document))
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	if b.Len() > MaxBytes {
		return nil, fmt.Errorf("%s: it has %d bytes, and EC2 takes %d", doing, b.Len(), MaxBytes)
	}
	return b.Bytes(), nil
}

// document is the cloud-config. Where ssh_keys are given, cloud-init makes no
// others (its module cc_ssh), and it removes those of the image before.
func (m Machine) document() (string, error) {
	boot, err := m.boot()
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(m.HostKey.Public, "\n:#'\"") {
		return "", errors.New("the host key's public half is more than a key")
	}
	return "#cloud-config\n" +
		"ssh_keys:\n" +
		"  ed25519_private: |\n" + indented(string(m.HostKey.Private), 4) +
		"  ed25519_public: " + m.HostKey.Public + "\n" +
		"bootcmd:\n" +
		"- - sh\n" +
		"  - -c\n" +
		"  - |\n" + indented(boot, 4), nil
}

// boot is the script that begins the job.
func (m Machine) boot() (string, error) {
	if len(m.Job.Env) > 0 {
		return "", errors.New("a job begun at boot has no environment: others can read it")
	}
	start, err := m.Job.StartScript()
	if err != nil {
		return "", err
	}
	text := "user=" + quote(m.User) + "\njob=" + quote(m.Job.ID) + "\nstart=" + quote(start) + "\n" + bootScript
	text = strings.ReplaceAll(text, "\r\n", "\n") // whatever line ends it was checked out with
	if i := strings.IndexFunc(text, unprintable); i >= 0 {
		return "", fmt.Errorf("the script has a character that YAML cannot hold as it is: %q", text[i])
	}
	return text, nil
}

// unprintable reports whether a YAML block cannot hold a character.
func unprintable(r rune) bool { return r != '\n' && r != '\t' && (r < ' ' || r > '~') }

// indented is a text as the lines of a YAML block.
func indented(text string, by int) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		if line != "\n" {
			b.WriteString(strings.Repeat(" ", by))
		}
		b.WriteString(line)
	}
	return b.String()
}

// quote makes one word of a POSIX shell out of any text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
