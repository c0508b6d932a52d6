package steps

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// onPOSIX skips a test of what is typed into a POSIX shell where there is none.
func onPOSIX(t *testing.T) {
	t.Helper()
	if problem.Here() != problem.POSIX {
		t.Skip("this system's shell is another one")
	}
}

func inPowerShell(id StepID, a Answers, s *Setup) string {
	return strings.Join(manualFor(problem.PowerShell, id, a, s), "\n")
}

// The lines for a key in PowerShell: no > that writes UTF-16, no empty word that
// version 5 drops, no chmod.
func TestManualOfAKeyInPowerShell(t *testing.T) {
	a := Answers{Region: "eu-central-1", Name: "a"}
	const path, protected = `C:\Users\Jane Doe\k.pem`, `icacls 'C:\Users\Jane Doe\k.pem' /reset
icacls 'C:\Users\Jane Doe\k.pem' /inheritance:r /grant:r "$(whoami):R"
`
	const give = "aws --region eu-central-1 ec2 import-key-pair --key-name jupyter-ec2-a --public-key-material "
	for source, want := range map[KeySource]string{
		KeyMadeHere:  `ssh-keygen --% -t ed25519 -N "" -f "` + path + "\"\n" + protected + give + `'fileb://C:\Users\Jane Doe\k.pem.pub'`,
		KeyMadeByEC2: "[IO.File]::WriteAllText('" + path + "', ((aws --region eu-central-1 ec2 create-key-pair --key-type ed25519 --key-name jupyter-ec2-a --query KeyMaterial --output text) -join \"`n\") + \"`n\")\n" + strings.TrimSpace(protected),
		KeyFile:      protected + "ssh-keygen -y -f '" + path + "' | Set-Content -Encoding ascii key.pub\n" + give + "fileb://key.pub",
		KeyAgent:     "ssh-add -L | Where-Object { ($_ | ssh-keygen -lf -) -like '*SHA256:a/b*' } | Set-Content -Encoding ascii key.pub\n" + give + "fileb://key.pub",
	} {
		a.Key = KeyAnswer{Source: source, Path: path, Fingerprint: "SHA256:a/b"}
		if got := inPowerShell(StepKey, a, nil); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", source, got, want)
		}
	}
}

// ssh's own line, where paths have spaces: ssh makes a ~ whole itself, and for a
// value that needs quotes of its own nothing of PowerShell's is in between.
func TestManualSSHInPowerShell(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	s := &Setup{PublicAddr: "host", LocalPort: 8888, Resources: Resources{InstanceID: "i-1", KeyPath: `C:\my keys\k.pem`}}
	for known, want := range map[string]string{
		filepath.Join(home, "state", "known_hosts"): `ssh -i 'C:\my keys\k.pem' -o HostKeyAlias=i-1 -o 'UserKnownHostsFile=~/state/known_hosts' ubuntu@host`,
		"D:/state/known_hosts":                      `ssh -i 'C:\my keys\k.pem' -o HostKeyAlias=i-1 -o UserKnownHostsFile=D:/state/known_hosts ubuntu@host`,
		"D:/my state/known_hosts":                   `ssh --% -i "C:\my keys\k.pem" -o HostKeyAlias=i-1 -o "UserKnownHostsFile=\"D:/my state/known_hosts\"" ubuntu@host`,
	} {
		s.KnownHosts = known
		if got := inPowerShell(StepConnect, Answers{}, s); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	s.KnownHosts = ""
	if got := inPowerShell(StepOpen, Answers{Mode: ModeSSH}, s); !strings.Contains(got, "-NL 8888:localhost:8888 ubuntu@host") {
		t.Errorf("the tunnel is %s", got)
	}
}

// PowerShell 5 has another command that is called curl.
func TestManualOfALaunchInPowerShell(t *testing.T) {
	got := inPowerShell(StepLaunch, Answers{Mode: ModeSSH}, nil)
	if !strings.Contains(got, `--cidr "$(curl.exe -s https://checkip.amazonaws.com)/32"`) {
		t.Errorf("got\n%s", got)
	}
	// What is typed on the machine is for the machine's shell.
	if got := inPowerShell(StepServe, Answers{Mode: ModeHTTP}, nil); !strings.Contains(got, `="$HOME/.jupyter-ec2/server/cert.pem"`) {
		t.Errorf("got %s", got)
	}
}

// A tag's value is quoted as both versions pass it on.
func TestManualOfTagsInPowerShell(t *testing.T) {
	a := Answers{Tags: map[string]string{"cost center": `it's a\b`}}
	want := ` --tag-specifications 'ResourceType=instance,Tags=[{Key=''cost center'',Value=''it\''s a\\b''}]'`
	if got := (manual{Answers: a, sh: problem.PowerShell}).tagged("instance"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
