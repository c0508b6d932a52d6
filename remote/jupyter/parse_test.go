package jupyter

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const probeAnswer = `Welcome to this machine
os=ubuntu
release=24.04
arch=x86_64
libc=glibc 2.39
python=/usr/bin/python3
python_version=3.12.3
pep668=1
systemd=1
sudo=1
apt=1
cloud_init=1
curl=1
wget=0
free_disk_kb=5242880
memory_kb=978944
swap_kb=0
loopback=127.0.0.1
ip=10.0.0.5
ip=10.0.0.5
ip=172.17.0.1
ip=not an address
home=/home/ubuntu
user=ubuntu
end=1
`

func TestParseFacts(t *testing.T) {
	got, err := parseFacts(probeAnswer)
	if err != nil {
		t.Fatal(err)
	}
	want := Facts{
		OS: "ubuntu", Release: "24.04", Arch: "x86_64", Libc: "glibc 2.39",
		Python: "/usr/bin/python3", PythonVersion: "3.12.3", PEP668: true,
		Systemd: true, Sudo: true, Apt: true, CloudInit: true, Curl: true,
		FreeDiskMB: 5120, MemoryMB: 956, Loopback: "127.0.0.1",
		PrivateIPs: []string{"10.0.0.5", "172.17.0.1"}, Home: "/home/ubuntu", User: "ubuntu",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for name, bad := range map[string]string{
		"cut short":   strings.TrimSuffix(probeAnswer, "end=1\n"),
		"no home":     strings.Replace(probeAnswer, "home=/home/ubuntu", "home=", 1),
		"no loopback": strings.Replace(probeAnswer, "loopback=127.0.0.1", "loopback=here", 1),
		"empty":       "",
	} {
		if f, err := parseFacts(bad); err == nil {
			t.Errorf("%s: taken as %+v", name, f)
		}
	}
}

func FuzzParseFacts(f *testing.F) {
	f.Add(probeAnswer)
	f.Add("home=/\nloopback=127.0.0.1\nfree_disk_kb=-1\nmemory_kb=99999999999999999999\nend=1")
	f.Fuzz(func(t *testing.T, out string) {
		got, err := parseFacts(out)
		if err != nil {
			return
		}
		if !strings.HasPrefix(got.Home, "/") || got.FreeDiskMB < 0 || got.MemoryMB < 0 || got.SwapMB < 0 {
			t.Errorf("impossible facts: %+v", got)
		}
		for _, a := range append(got.PrivateIPs, got.PrivateIP()) {
			if !validAddr(a) {
				t.Errorf("%q is no address", a)
			}
		}
	})
}

func TestParseKernelspecs(t *testing.T) {
	got, err := parseKernelspecs([]byte(`{"default": "python3", "kernelspecs": {
		"ir": {"name": "ir", "spec": {"display_name": "R", "language": "R"}},
		"python3": {"name": "python3", "spec": {"display_name": "Python 3 (ipykernel)", "language": "python", "argv": []}}}}`))
	want := []Kernelspec{{"python3", "Python 3 (ipykernel)", "python"}, {"ir", "R", "R"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := parseKernelspecs([]byte("<html>")); err == nil {
		t.Error("a web page was taken for kernels")
	}
}

func FuzzParseKernelspecs(f *testing.F) {
	f.Add([]byte(`{"default": "a", "kernelspecs": {"a": {"spec": {"language": "python"}}, "b": {}}}`))
	f.Add([]byte(`{"kernelspecs": null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		specs, err := parseKernelspecs(body)
		if err != nil && specs != nil {
			t.Error("kernels and an error")
		}
		again, _ := parseKernelspecs(body)
		if !reflect.DeepEqual(specs, again) {
			t.Errorf("the order changes: %v, %v", specs, again)
		}
	})
}

func TestParseState(t *testing.T) {
	got := parseState("hash=abc\nport=8889\nalive=1\nended=0\n")
	if want := (serverState{hash: "abc", port: 8889, alive: true}); got != want {
		t.Errorf("got %+v", got)
	}
	if got := parseState("port=99999\n"); got.port != 0 {
		t.Errorf("port %d", got.port)
	}
}

// Versions are one line each, and safe for a terminal.
func FuzzParseVersions(f *testing.F) {
	f.Add("Welcome!\npython=3.12.3\npip=24.0\nnotebook=7.4.1\njupyter_kernel_gateway=3.0.1\njupyter_server=2.16.0\n")
	f.Add("notebook=\x1b[2J7\r\nnotebook\n=\npip=a=b")
	f.Fuzz(func(t *testing.T, out string) {
		v := parseVersions(out)
		for _, said := range []string{v.Python, v.Pip, v.Notebook, v.Gateway, v.Server} {
			if !isSafe(said) {
				t.Errorf("%q", said)
			}
			if said != "" && !strings.Contains(out, "=") {
				t.Errorf("%q out of nothing", said)
			}
		}
		again := fmt.Sprintf("python=%s\npip=%s\nnotebook=%s\njupyter_kernel_gateway=%s\njupyter_server=%s\n", v.Python, v.Pip, v.Notebook, v.Gateway, v.Server)
		if got := parseVersions(again); got != v {
			t.Errorf("%+v is read as %+v", v, got)
		}
	})
}

func FuzzParseState(f *testing.F) {
	f.Add("hash=abc\nport=8889\nalive=1\nended=0\n")
	f.Add("stray=12 0\nstray=13 8889\n")
	f.Fuzz(func(t *testing.T, out string) {
		if st := parseState(out); st.port < 0 || st.port > 65535 {
			t.Errorf("port %d", st.port)
		}
		for _, s := range parseStrays(out) {
			if s.PID < 0 || s.Port < 0 || s.Port > 65535 {
				t.Errorf("%+v", s)
			}
		}
	})
}

func TestCellOutput(t *testing.T) {
	const mine = "m1"
	var o cellOutput
	for _, m := range []string{
		`{"header":{"msg_type":"status"},"parent_header":{"msg_id":"other"},"content":{"execution_state":"idle"},"channel":"iopub"}`,
		`{"header":{"msg_type":"stream"},"parent_header":{"msg_id":"other"},"content":{"name":"stdout","text":"no"}}`,
		`{"header":{"msg_type":"stream"},"parent_header":{"msg_id":"m1"},"content":{"name":"stderr","text":"no"}}`,
		`{"header":{"msg_type":"stream"},"parent_header":{"msg_id":"m1"},"content":{"name":"stdout","text":"4"}}`,
		`{"header":{"msg_type":"comm_open"},"parent_header":{},"content":{"data":[1]}}`,
		`{"header":{"msg_type":"stream"},"parent_header":{"msg_id":"m1"},"content":{"name":"stdout","text":"2\n"}}`,
	} {
		if err := o.take([]byte(m), mine); err != nil || o.done {
			t.Fatalf("%s: done %v, %v", m, o.done, err)
		}
	}
	if err := o.take([]byte(`{"header":{"msg_type":"status"},"parent_header":{"msg_id":"m1"},"content":{"execution_state":"idle"}}`), mine); err != nil || !o.done || o.printed.String() != "42\n" {
		t.Errorf("printed %q, done %v, %v", o.printed.String(), o.done, err)
	}
	for _, bad := range []string{
		`{"header":{"msg_type":"status"},"content":{"execution_state":"restarting"}}`,
		`{"header":{"msg_type":"error"},"parent_header":{"msg_id":"m1"},"content":{"ename":"NameError","evalue":"x"}}`,
		`not JSON`,
	} {
		if err := new(cellOutput).take([]byte(bad), mine); err == nil {
			t.Errorf("taken: %s", bad)
		}
	}
}

func FuzzCellOutput(f *testing.F) {
	f.Add([]byte(`{"header":{"msg_type":"stream"},"parent_header":{"msg_id":"m"},"content":{"name":"stdout","text":"42\n"}}`))
	f.Add([]byte(`{"header":{"msg_type":"status"},"content":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var o cellOutput
		if err := o.take(data, "m"); err != nil && (o.done || o.printed.Len() > 0) {
			t.Error("an error and an output")
		}
	})
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"/home/ubuntu/.jupyter-ec2": "/home/ubuntu/.jupyter-ec2", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'",
	} {
		if got := quote(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}

func TestServeSpecComplete(t *testing.T) {
	facts := Facts{Home: "/home/ubuntu", Loopback: "127.0.0.1", PrivateIPs: []string{"10.0.0.5"}, User: "ubuntu"}
	good := ServeSpec{Mode: ModeHTTP, Token: strings.Repeat("a", 64), Facts: facts, WorkDir: "~/notebooks"}
	got, err := good.complete()
	if err != nil || got.Bind != "10.0.0.5" || got.Port != 8888 || got.WorkDir != "/home/ubuntu/notebooks" {
		t.Errorf("%+v, %v", got, err)
	}
	good.Mode = ModeSSH
	if got, err := good.complete(); err != nil || got.Bind != "127.0.0.1" {
		t.Errorf("ssh mode binds %q, %v", got.Bind, err)
	}
	for name, change := range map[string]func(*ServeSpec){
		"mode":  func(s *ServeSpec) { s.Mode = "ftp" },
		"port":  func(s *ServeSpec) { s.Port = 70000 },
		"token": func(s *ServeSpec) { s.Token = "" },
		"line":  func(s *ServeSpec) { s.Token += "\n" },
		"key":   func(s *ServeSpec) { s.Cert = []byte("x") },
		"facts": func(s *ServeSpec) { s.Facts = Facts{} },
		"bind":  func(s *ServeSpec) { s.Bind = "here" },
	} {
		bad := good
		change(&bad)
		if _, err := bad.complete(); err == nil {
			t.Errorf("a bad %s was taken", name)
		}
	}
	for _, mode := range []string{ModeSSH, ModeHTTP, ModeGateway} {
		s := good
		s.Mode = mode
		if words := strings.Join(s.command(), " ") + s.unit() + s.runScript(); strings.Contains(words, s.Token) {
			t.Errorf("%s mode: the token is in the command or the unit", mode)
		}
	}
}

// Lines as uv 0.9 and pip 25 print them.
func TestInstallSays(t *testing.T) {
	for line, want := range map[string]string{
		"Resolved 1 package in 1.20s":                             "1 package is needed; downloading it if it is missing",
		"Resolved 105 packages in 1.20s":                          "105 packages are needed; downloading those that are missing",
		"Prepared 1 package in 74ms":                              "1 package downloaded; installing them",
		"Installed 105 packages in 211ms":                         "105 packages installed",
		"Installing collected packages: webencodings, six, pyzmq": "3 packages downloaded; installing them",
		" + notebook==7.4.7":                                      "",
		"Audited 4 packages in 12ms":                              "",
		"Collecting notebook":                                     "",
		"I once Resolved 3 packages in a day":                     "",
	} {
		if got := InstallSays(line); got != want {
			t.Errorf("%q says %q, want %q", line, got, want)
		}
	}
}
