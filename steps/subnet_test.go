package steps

import (
	"bytes"
	"strings"
	"testing"
)

func TestValidSubnetID(t *testing.T) {
	for id, want := range map[string]bool{
		"subnet-0123456789abcdef0": true, "subnet-0123abcd": true,
		"": false, "subnet-": false, "subnet-0123456789abcdef": false, "subnet-0123456789ABCDEF0": false, "subnet-0123456789abcdef0 ": false,
		"vpc-0123456789abcdef0": false, "subnet-0123abcd\n": false, "subnet-$(reboot)": false,
	} {
		if got := ValidSubnetID(id); got != want {
			t.Errorf("%q: %t", id, got)
		}
	}
}

// A subnet is of one region of one account: elsewhere the last machine's is left out.
func TestASubnetOverTheLastOne(t *testing.T) {
	last := Answers{Profile: "work", Region: "eu-west-1", Subnet: "subnet-0000000a"}
	for want, given := range map[string][]Answers{
		"subnet-0000000a": {{}, {Region: "eu-west-1"}, {Profile: "work"}},
		"subnet-0000000b": {{Subnet: "subnet-0000000b"}, {Subnet: "subnet-0000000b", Region: "us-east-1"}},
		"":                {{Region: "us-east-1"}, {Profile: "home"}},
	} {
		for _, a := range given {
			if got := a.Over(last).Subnet; got != want {
				t.Errorf("%+v: %q, want %q", a, got, want)
			}
		}
	}
}

func TestPlanHasTheSubnet(t *testing.T) {
	a := testAnswers()
	a.Subnet = "subnet-0123456789abcdef0"
	var b bytes.Buffer
	if err := WritePlan(&b, a); err != nil || !strings.Contains(b.String(), `"subnet": "subnet-0123456789abcdef0"`) {
		t.Fatalf("%s, %v", b.String(), err)
	}
	if got, err := ReadPlan(&b, ""); err != nil || !got.Equal(a) {
		t.Errorf("%+v, %v", got, err)
	}
}

// What is typed by hand makes the group in the subnet's VPC, and asks for an
// address.
func TestManualGoesIntoTheSubnet(t *testing.T) {
	onPOSIX(t)
	a := testAnswers()
	if text := strings.Join(Commands(a, false), "\n"); strings.Contains(text, "vpc") || strings.Contains(text, "subnet") {
		t.Errorf("a subnet that nobody named:\n%s", text)
	}
	a.Subnet = "subnet-0123456789abcdef0"
	text := strings.Join(Manual(StepLaunch, a, nil), "\n")
	for _, want := range []string{
		`create-security-group --group-name jupyter-ec2-jupyter --description Jupyter --vpc-id "$(aws --profile default --region us-east-1 ec2 describe-subnets --subnet-ids subnet-0123456789abcdef0 --query 'Subnets[0].VpcId' --output text)"`,
		" --subnet-id subnet-0123456789abcdef0 --associate-public-ip-address",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
}
