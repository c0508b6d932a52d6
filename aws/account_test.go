package aws

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A home region that is not enabled knows nobody, though the key is good.
func TestIdentityWhereTheHomeRegionIsNotEnabled(t *testing.T) {
	w := &wire{t: t}
	w.answers = answers{"GetCallerIdentity": func(_ int, q request) reply {
		if q.region != "us-east-1" {
			return stsError("InvalidClientTokenId", "invalid")
		}
		return caller("arn:aws:iam::123456789012:user/u")
	}, "DescribeRegions": func(_ int, q request) reply {
		if q.region != "us-east-1" {
			return ec2Error("AuthFailure", "not able to validate")
		}
		return regionsReply
	}}
	a := open(t, w, "ap-east-1")
	who, err := a.Identity(context.Background())
	if want := (Identity{"123456789012", "arn:aws:iam::123456789012:user/u", "AIDA"}); err != nil || who != want {
		t.Errorf("%+v, %v", who, err)
	}
	got, err := a.Regions(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []Region{
		{"ap-east-1", "Asia Pacific (Hong Kong)", false},
		{"eu-central-2", "Europe (Zurich)", true},
		{"us-east-1", "US East (N. Virginia)", true},
		{"af-south-1", "Africa (Cape Town)", false},
		{"xx-new-1", "", false},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	wantField(t, w.sent("DescribeRegions", 0), map[string]string{"AllRegions": "true"})
}

var regionsReply = ok("DescribeRegions", `<regionInfo>
<item><regionName>xx-new-1</regionName><optInStatus>not-opted-in</optInStatus></item>
<item><regionName>us-east-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>
<item><regionName>ap-east-1</regionName><optInStatus>not-opted-in</optInStatus></item>
<item><regionName>af-south-1</regionName><optInStatus>not-opted-in</optInStatus></item>
<item><regionName>eu-central-2</regionName><optInStatus>opted-in</optInStatus></item></regionInfo>`)

func TestMFA(t *testing.T) {
	summary := func(n string) reply {
		return reply{status: 200, body: `<GetAccountSummaryResponse><GetAccountSummaryResult><SummaryMap><entry><key>AccountMFAEnabled</key><value>` + n + `</value></entry></SummaryMap></GetAccountSummaryResult></GetAccountSummaryResponse>`}
	}
	devices := func(members string) reply {
		return reply{status: 200, body: `<ListMFADevicesResponse><ListMFADevicesResult><IsTruncated>false</IsTruncated><MFADevices>` + members + `</MFADevices></ListMFADevicesResult></ListMFADevicesResponse>`}
	}
	const root, user = "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/path/u"
	for _, c := range []struct {
		name, arn, action string
		answer            reply
		want              MFAState
	}{
		{"root on", root, "GetAccountSummary", summary("1"), MFAOn},
		{"root off", root, "GetAccountSummary", summary("0"), MFAOff},
		{"user on", user, "ListMFADevices", devices("<member><UserName>u</UserName><SerialNumber>s</SerialNumber><EnableDate>2026-01-01T00:00:00Z</EnableDate></member>"), MFAOn},
		{"user off", user, "ListMFADevices", devices(""), MFAOff},
		{"user may not look", user, "ListMFADevices", stsError("AccessDenied", "no"), MFAUnknown},
		{"role", "arn:aws:sts::123456789012:assumed-role/r/s", "", reply{}, MFAUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{t: t, answers: answers{c.action: always(c.answer)}}
			if got := open(t, w, "eu-west-1").MFA(context.Background(), Identity{ARN: c.arn}); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestMyAddress(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer reply
		want   string
	}{
		{"as AWS answers", reply{status: 200, body: "203.0.113.7\n"}, "203.0.113.7"},
		{"IPv6", reply{status: 200, body: "2001:db8::1\n"}, ""},
		{"a login page", reply{status: 200, body: "<html>Sign in to the hotel</html>"}, ""},
		{"more than an address", reply{status: 200, body: "203.0.113.7/0"}, ""},
		{"an error", reply{status: 503, body: "203.0.113.7"}, ""},
		{"no network", reply{err: &url.Error{Op: "Get", URL: "x", Err: &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{t: t, answers: answers{"checkip": always(c.answer)}}
			got, err := open(t, w, "eu-west-1").MyAddress(context.Background())
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("%q, %v", got, err)
			}
			if err != nil {
				if kind, _, _, _ := explained(t, err); kind != "unreachable" {
					t.Errorf("kind %s", kind)
				}
			}
		})
	}
}

// This computer's address is not asked through AWS's endpoints: no setting of
// them is to blame where it cannot be learned.
func TestMyAddressBlamesNoEndpoint(t *testing.T) {
	awsHome(t, "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\nendpoint_url = http://127.0.0.1:1\n", "")
	a, err := Open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0)) // nothing is sent
	defer cancel()
	_, err = a.MyAddress(ended)
	_, title, text, next := explained(t, err)
	if title != "AWS does not answer" || !strings.Contains(text, "checkip.amazonaws.com") || strings.Contains(next, "endpoint_url") || !strings.Contains(next, "internet connection") {
		t.Errorf("%q, %q, %q", title, text, next)
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("203.0.113.7\n")
	f.Add("::ffff:203.0.113.7")
	f.Add("fe80::1%eth0")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseAddress(text)
		if err == nil && (net.ParseIP(got).To4() == nil || strings.Trim(got, "0123456789.") != "") {
			t.Errorf("%q from %q", got, text)
		}
	})
}

func TestTypes(t *testing.T) {
	item := func(name, arch, more string) string {
		return `<item><instanceType>` + name + `</instanceType><processorInfo><supportedArchitectures><item>` + arch + `</item></supportedArchitectures></processorInfo>` + more + `</item>`
	}
	size := func(cpu, mem string) string {
		return `<vCpuInfo><defaultVCpus>` + cpu + `</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>` + mem + `</sizeInMiB></memoryInfo>`
	}
	page1 := `<instanceTypeSet>` + item("t3.micro", "x86_64", `<freeTierEligible>true</freeTierEligible><hypervisor>nitro</hypervisor>`+size("2", "1024")) +
		item("g4dn.12xlarge", "x86_64", size("48", "196608")+`<gpuInfo><gpus><item><name>T4</name><manufacturer>NVIDIA</manufacturer><count>4</count></item></gpus></gpuInfo>`) + `</instanceTypeSet><nextToken>2</nextToken>`
	page2 := `<instanceTypeSet>` + item("t3.nano", "i386</item><item>x86_64", size("2", "512")) + item("t4g.nano", "arm64", size("2", "512")) + `</instanceTypeSet>`
	r, w := regional(t, answers{"DescribeInstanceTypes": inTurn(ok("DescribeInstanceTypes", page1), ok("DescribeInstanceTypes", page2))})
	got, err := r.Types(context.Background())
	want := []Type{
		{Name: "g4dn.12xlarge", VCPU: 48, MemoryMiB: 196608, GPU: "4 × NVIDIA T4", Arch: "amd64"},
		{Name: "t3.nano", VCPU: 2, MemoryMiB: 512, Arch: "amd64"},
		{Name: "t3.micro", VCPU: 2, MemoryMiB: 1024, Arch: "amd64", FreeTier: true, Nitro: true},
		{Name: "t4g.nano", VCPU: 2, MemoryMiB: 512, Arch: "arm64"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	wantField(t, w.sent("DescribeInstanceTypes", 1), map[string]string{"NextToken": "2", "MaxResults": "100", "Filter.1.Name": "current-generation"})
}

func TestTypeThatIsNotThere(t *testing.T) {
	for _, answer := range []reply{
		ec2Error("InvalidInstanceType", "The following supplied instance types do not exist: [t9.huge]"),
		ok("DescribeInstanceTypes", "<instanceTypeSet/>"),
	} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := regional(t, answers{"DescribeInstanceTypes": always(answer)})
			_, err := r.Type(context.Background(), "t9.huge")
			if kind, _, text, _ := explained(t, err); kind != "answers" || !strings.Contains(text, "t9.huge") {
				t.Errorf("%s: %s", kind, text)
			}
		})
	}
}
