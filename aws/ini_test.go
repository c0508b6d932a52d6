package aws

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// inUTF16 is a text as PowerShell's > writes it.
func inUTF16(order binary.ByteOrder, mark bool, text string) string {
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	out := make([]byte, 2*len(units))
	for i, u := range units {
		order.PutUint16(out[2*i:], u)
	}
	return string(out)
}

// said lists what was read: a section, then its settings with their lines.
func said(text iniText) string {
	var out []string
	for _, s := range text.sections {
		out = append(out, fmt.Sprintf("%d %s %s", s.at.line, s.kind, s.name))
		for _, k := range slices.Sorted(maps.Keys(s.settings)) {
			out = append(out, fmt.Sprintf("%d %s=%s", s.settings[k].at.line, k, s.settings[k].value))
			for sub, v := range s.settings[k].sub {
				out = append(out, fmt.Sprintf("%d %s.%s=%s", v.at.line, k, sub, v.value))
			}
		}
	}
	for _, at := range text.broken {
		out = append(out, fmt.Sprintf("%d broken", at.line))
	}
	return strings.Join(out, "\n")
}

func TestParseINI(t *testing.T) {
	const plain = "[default]\nregion = eu-west-1\n"
	for _, c := range []struct{ name, text, want string }{
		{"plain", plain, "1 profile default\n2 region=eu-west-1"},
		{"Windows", strings.ReplaceAll(plain, "\n", "\r\n"), "1 profile default\n2 region=eu-west-1"},
		{"byte order mark", "\xef\xbb\xbf" + plain, "1 profile default\n2 region=eu-west-1"},
		{"UTF-16LE", inUTF16(binary.LittleEndian, true, plain), "1 profile default\n2 region=eu-west-1"},
		{"UTF-16BE", inUTF16(binary.BigEndian, true, plain), "1 profile default\n2 region=eu-west-1"},
		{"UTF-16 without its mark", inUTF16(binary.LittleEndian, false, plain), "1 profile default\n2 region=eu-west-1"},
		{"names of the AWS CLI", "[profile 'my dev']\n[sso-session 'My Corp Ltd']\n[profile 'it'\"'\"'s mine']\n[profile \"b\"]", "1 profile my dev\n2 sso-session My Corp Ltd\n3 profile it's mine\n4 profile b"},
		{"names by hand", "[profile my dev]\n[ profile\ttab ]  # mine\n[profile o'neill]", "1 profile my dev\n2 profile tab\n3 profile o'neill"},
		{"others' sections", "[plugins]\ncli = x\n[services s]\nec2 =\n  endpoint_url = http://x\n[dev]\nregion=x", "3 services s\n4 ec2=\n5 ec2.endpoint_url=http://x"},
		{"values", "[default]\na=\"b\" # note\nC : d\ne = f#g\nh = ' i '", "1 profile default\n2 a=b\n3 c=d\n4 e=f#g\n5 h= i "},
		{"continued", "[default]\ncredential_process = a \\\n  b c\nregion = x", "1 profile default\n2 credential_process=a \\\nb c\n4 region=x"},
		{"indented", "[default]\n  region = x\n  output = json", "1 profile default\n3 output=json\n2 region=x"},
		{"head not closed", "[profile a]\nx=1\n[profile b\naws_secret_access_key = s\n[profile c]\ny=2", "1 profile a\n2 x=1\n5 profile c\n6 y=2\n3 broken"},
		{"setting in the head", "[default] region = x\nregion = y", "1 broken"},
		{"no equals sign", "[default]\naws_secret_access_key s", "1 profile default\n2 broken"},
		{"NUL", "[default]\na = b\x00\nc = d", "1 profile default\n3 c=d\n2 broken"},
		{"no head", "region = x\n", "1 broken"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := said(parseINI([]byte(c.text), "f", true)); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func FuzzParseINI(f *testing.F) {
	f.Add([]byte(configFile), true)
	f.Add([]byte(credentialsFile), false)
	f.Add([]byte("[profile x]\r\nregion = \"eu\"\r\n[broken"), true)
	f.Add([]byte("a = `b\n[DEFAULT]\nc='''d"), true)
	f.Add([]byte("\xff\xfe[\x00d\x00]\x00"), false)
	f.Add([]byte("[profile 'my dev']\n a\n  b=c\ns3 =\n  x = y\n\tz"), true)
	f.Fuzz(func(t *testing.T, text []byte, config bool) {
		got := parseINI(text, "file", config)
		lines := 1 + strings.Count(plainText(text), "\n")
		for _, s := range got.sections {
			if s.name == "" || s.kind == "" || s.at.line < 1 || s.at.line > lines {
				t.Errorf("%+v", s)
			}
			for key, v := range s.settings {
				if key == "" || v.at.line < s.at.line || v.at.line > lines {
					t.Errorf("%q: %+v of %d lines", key, v, lines)
				}
			}
		}
		for _, at := range got.broken {
			if at.line < 1 || at.line > lines || at.file != "file" {
				t.Errorf("%+v of %d lines", at, lines)
			}
		}
	})
}
