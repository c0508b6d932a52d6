package aws

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
)

func spec() LaunchSpec {
	return LaunchSpec{
		ClientToken: "setup-1-launch", Image: Image{ID: "ami-1", Root: "/dev/xvda"}, Type: "t3.micro",
		KeyName: "key", GroupIDs: []string{"sg-1"}, Subnet: "subnet-1", DiskGB: 20,
		Tags: map[string]string{"Name": "demo", TagSetup: "s1"},
	}
}

const oneInstance = `<instancesSet><item><instanceId>i-1</instanceId><instanceState><name>pending</name></instanceState>
<instanceType>t3.micro</instanceType><clientToken>setup-1-launch</clientToken>
<placement><availabilityZone>eu-central-1a</availabilityZone></placement>
<groupSet><item><groupId>sg-1</groupId></item></groupSet>
<tagSet><item><key>jupyter-ec2</key><value>s1</value></item></tagSet></item></instancesSet>`

func TestLaunchSendsWhatTheSetupPromises(t *testing.T) {
	r, w := regional(t, answers{"RunInstances": always(ok("RunInstances", oneInstance))})
	i, err := r.Launch(context.Background(), spec())
	if err != nil {
		t.Fatal(err)
	}
	if i.ID != "i-1" || i.State != "pending" || i.Zone != "eu-central-1a" || i.Tags[TagSetup] != "s1" {
		t.Errorf("instance %+v", i)
	}
	form := w.sent("RunInstances", 0)
	wantField(t, form, map[string]string{
		"ClientToken": "setup-1-launch", "ImageId": "ami-1", "InstanceType": "t3.micro", "KeyName": "key",
		"MinCount": "1", "MaxCount": "1", "SecurityGroupId.1": "sg-1", "SubnetId": "subnet-1",
		"MetadataOptions.HttpTokens":                   "required",
		"MetadataOptions.HttpEndpoint":                 "enabled",
		"BlockDeviceMapping.1.DeviceName":              "/dev/xvda",
		"BlockDeviceMapping.1.Ebs.Encrypted":           "true",
		"BlockDeviceMapping.1.Ebs.VolumeType":          "gp3",
		"BlockDeviceMapping.1.Ebs.VolumeSize":          "20",
		"BlockDeviceMapping.1.Ebs.DeleteOnTermination": "true",
		"InstanceInitiatedShutdownBehavior":            "stop",
		"TagSpecification.1.ResourceType":              "instance",
		"TagSpecification.2.ResourceType":              "volume",
		"TagSpecification.3.ResourceType":              "network-interface",
		"TagSpecification.3.Tag.2.Key":                 TagSetup,
		"TagSpecification.3.Tag.2.Value":               "s1",
	})
	if form.Has("DryRun") || form.Has("UserData") {
		t.Errorf("sent more than asked: %v", form)
	}
}

// EC2 takes user data in base64, which the SDK leaves to its caller.
func TestLaunchSendsUserDataInBase64(t *testing.T) {
	r, w := regional(t, answers{"RunInstances": always(ok("RunInstances", oneInstance))})
	s := spec()
	s.UserData = []byte{0x1f, 0x8b, 0, 0xff, '+', '/'}
	if _, err := r.Launch(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	sent := w.sent("RunInstances", 0).Get("UserData")
	if got, err := base64.StdEncoding.DecodeString(sent); err != nil || !bytes.Equal(got, s.UserData) {
		t.Errorf("sent %q, which is %v, %v", sent, got, err)
	}
}

func TestLaunchWithoutTokenSendsNothing(t *testing.T) {
	r, w := regional(t, nil)
	s := spec()
	s.ClientToken = ""
	if _, err := r.Launch(context.Background(), s); err == nil || len(w.seen) > 0 {
		t.Errorf("err %v, %d requests", err, len(w.seen))
	}
}

// A launch whose answer is lost is sent again with the same token.
func TestLaunchRetriesWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := regional(t, answers{"RunInstances": inTurn(
			reply{status: 503, body: ec2Error("Unavailable", "busy").body}, ok("RunInstances", oneInstance))})
		if _, err := r.Launch(context.Background(), spec()); err != nil {
			t.Fatal(err)
		}
		for n := range 2 {
			if got := w.sent("RunInstances", n).Get("ClientToken"); got != "setup-1-launch" {
				t.Errorf("attempt %d: token %q", n, got)
			}
		}
	})
}

func TestDryRun(t *testing.T) {
	yes := always(ec2Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set."))
	r, w := regional(t, answers{
		"RunInstances":        always(ec2Error("UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: ec2:CreateTags on resource: x. Encoded authorization failure message: "+strings.Repeat("Ab3", 50))),
		"CreateSecurityGroup": yes,
		"ImportKeyPair":       always(ec2Error("PendingVerification", "being verified")),
		"CreateKeyPair":       yes,
		// As some services and gateways say it.
		"AuthorizeSecurityGroupIngress": always(ec2Error("AccessDenied", "User: u is not authorized to perform: ec2:AuthorizeSecurityGroupIngress")),
	})
	got := r.DryRun(context.Background(), spec())
	want := []Permission{
		{Action: "ec2:CreateTags", Known: true},
		{Action: "ec2:CreateSecurityGroup", Known: true, Allowed: true},
		{Action: "ec2:ImportKeyPair"},
		{Action: "ec2:CreateKeyPair", Known: true, Allowed: true},
		{Action: "ec2:AuthorizeSecurityGroupIngress", Known: true},
	}
	if len(got) != len(want) {
		t.Fatalf("%d answers, want %d: %v", len(got), len(want), got)
	}
	for i, p := range got {
		detail := p.Detail
		if stands := p.Action == "ec2:ImportKeyPair"; (p.Obstacle != nil) != stands {
			t.Errorf("%s: obstacle %v", p.Action, p.Obstacle)
		}
		if (p.Refusal != nil) != (p.Known && !p.Allowed) {
			t.Errorf("%s: refusal %v", p.Action, p.Refusal)
		}
		if p.Action == "ec2:AuthorizeSecurityGroupIngress" && !strings.Contains(detail, "may not open a port of a security group: it lacks ec2:AuthorizeSecurityGroupIngress") {
			t.Errorf("detail %q", detail)
		}
		p.Detail, p.Obstacle, p.Refusal = "", nil, nil
		if p != want[i] {
			t.Errorf("answer %d is %+v, want %+v", i, p, want[i])
		}
		if (detail == "") != p.Allowed || strings.Contains(detail, "Ab3Ab3") {
			t.Errorf("%s: detail %q", p.Action, detail)
		}
	}
	for _, q := range w.seen {
		if q.form.Get("DryRun") != "true" {
			t.Errorf("%s without DryRun", q.action)
		}
	}
	if w.sent("RunInstances", 0).Get("ClientToken") == spec().ClientToken {
		t.Error("the launch's own token was used for the check")
	}
}
