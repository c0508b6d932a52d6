package aws

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func groupSpec() GroupSpec {
	return GroupSpec{
		Name: "jupyter-ec2-demo", Description: "demo", VPC: "vpc-1", CIDR: "203.0.113.7/32", Ports: []int{22, 8888},
		Tags: map[string]string{TagSetup: "s1", "Name": "demo"},
	}
}

func rule(port int, cidr, mark string) string {
	return fmt.Sprintf(`<item><ipProtocol>tcp</ipProtocol><fromPort>%d</fromPort><toPort>%[1]d</toPort><ipRanges><item><cidrIp>%s</cidrIp><description>%s</description></item></ipRanges></item>`, port, cidr, mark)
}

func group(rules string) reply {
	return ok("DescribeSecurityGroups", `<securityGroupInfo><item><groupId>sg-1</groupId><groupName>jupyter-ec2-demo</groupName><ipPermissions>`+rules+`</ipPermissions></item></securityGroupInfo>`)
}

func done(action string) func(int, request) reply { return always(ok(action, "<return>true</return>")) }

func TestEnsureGroupCreates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := regional(t, answers{
			"DescribeSecurityGroups": always(ok("DescribeSecurityGroups", "<securityGroupInfo/>")),
			"CreateSecurityGroup":    always(ok("CreateSecurityGroup", "<groupId>sg-9</groupId>")),
			// Not known everywhere yet, then open, then open already.
			"AuthorizeSecurityGroupIngress": inTurn(ec2Error("InvalidGroup.NotFound", "x"),
				ok("AuthorizeSecurityGroupIngress", "<return>true</return>"), ec2Error("InvalidPermission.Duplicate", "x")),
		})
		id, err := r.EnsureGroup(context.Background(), groupSpec())
		if id != "sg-9" || err != nil {
			t.Fatalf("%q, %v", id, err)
		}
		wantField(t, w.sent("CreateSecurityGroup", 0), map[string]string{
			"GroupName": "jupyter-ec2-demo", "VpcId": "vpc-1", "TagSpecification.1.ResourceType": "security-group",
			"TagSpecification.1.Tag.2.Value": "s1",
		})
		for n, port := range []string{"22", "22", "8888"} {
			wantField(t, w.sent("AuthorizeSecurityGroupIngress", n), map[string]string{
				"GroupId": "sg-9", "IpPermissions.1.IpProtocol": "tcp", "IpPermissions.1.FromPort": port, "IpPermissions.1.ToPort": port,
				"IpPermissions.1.IpRanges.1.CidrIp": "203.0.113.7/32", "IpPermissions.1.IpRanges.2.CidrIp": "",
				"IpPermissions.1.Ipv6Ranges.1.CidrIpv6": "", "IpPermissions.2.IpProtocol": "",
			})
		}
	})
}

func TestEnsureGroupMakesRulesExact(t *testing.T) {
	mine := "203.0.113.7/32"
	for _, c := range []struct {
		name, have  string
		open, close []string // ports
	}{
		{"as wanted", rule(22, mine, ruleMark) + rule(8888, mine, ruleMark), nil, nil},
		{"one missing", rule(22, mine, ruleMark), []string{"8888"}, nil},
		{"my address has changed", rule(22, "198.51.100.1/32", ruleMark) + rule(8888, mine, ruleMark), []string{"22"}, []string{"22"}},
		{"a mode that needs fewer", rule(22, mine, ruleMark) + rule(8888, mine, ruleMark) + rule(9999, mine, ruleMark), nil, []string{"9999"}},
		{"somebody else's stay", rule(22, mine, "by hand") + rule(443, "0.0.0.0/0", "by hand") + rule(8888, mine, ruleMark), nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := regional(t, answers{
				"DescribeSecurityGroups":        always(group(c.have)),
				"AuthorizeSecurityGroupIngress": done("AuthorizeSecurityGroupIngress"),
				"RevokeSecurityGroupIngress":    done("RevokeSecurityGroupIngress"),
			})
			id, err := r.EnsureGroup(context.Background(), groupSpec())
			if id != "sg-1" || err != nil {
				t.Fatalf("%q, %v", id, err)
			}
			wantField(t, w.sent("DescribeSecurityGroups", 0), map[string]string{
				"Filter.1.Name": "tag:jupyter-ec2", "Filter.1.Value.1": "s1", "Filter.2.Value.1": "jupyter-ec2-demo", "Filter.3.Value.1": "vpc-1",
			})
			if n := w.count("AuthorizeSecurityGroupIngress"); n != len(c.open) {
				t.Fatalf("%d ports opened, want %d", n, len(c.open))
			}
			for n, port := range c.open {
				wantField(t, w.sent("AuthorizeSecurityGroupIngress", n), map[string]string{"IpPermissions.1.FromPort": port, "IpPermissions.1.IpRanges.1.CidrIp": mine})
			}
			if n := w.count("RevokeSecurityGroupIngress"); n != min(1, len(c.close)) {
				t.Fatalf("%d revocations, want those of %v", n, c.close)
			}
			if len(c.close) > 0 {
				wantField(t, w.sent("RevokeSecurityGroupIngress", 0), map[string]string{"IpPermissions.1.FromPort": c.close[0], "IpPermissions.2.FromPort": ""})
			}
		})
	}
}

func TestEnsureGroupLeavesAStrangersGroupAlone(t *testing.T) {
	r, _ := regional(t, answers{
		"DescribeSecurityGroups": always(ok("DescribeSecurityGroups", "<securityGroupInfo/>")),
		"CreateSecurityGroup":    always(ec2Error("InvalidGroup.Duplicate", "exists")),
	})
	_, err := r.EnsureGroup(context.Background(), groupSpec())
	if kind, title, _, _ := explained(t, err); kind != "answers" || title != "The security group's name is taken" {
		t.Errorf("%s: %s", kind, title)
	}
}

func TestDeleteGroup(t *testing.T) {
	used := ec2Error("DependencyViolation", "has a dependent object")
	for _, c := range []struct {
		name  string
		turns []reply
		limit time.Duration
		code  string
	}{
		{"gone already", []reply{ec2Error("InvalidGroup.NotFound", "x")}, time.Minute, ""},
		{"used for a while", []reply{used, used, used, ok("DeleteSecurityGroup", "<return>true</return>")}, time.Minute, ""},
		{"used for ever", []reply{used}, time.Minute, "DependencyViolation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := regional(t, answers{"DeleteSecurityGroup": inTurn(c.turns...)})
				ctx, cancel := context.WithTimeout(context.Background(), c.limit)
				defer cancel()
				err := r.DeleteGroup(ctx, "sg-1")
				if codeOf(err) != c.code {
					t.Errorf("err = %v, want code %q", err, c.code)
				}
				if n := w.count("DeleteSecurityGroup"); c.code == "" && n != len(c.turns) || n > 40 {
					t.Errorf("%d tries", n)
				}
			})
		})
	}
}

func TestDeleteGroupIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		r, _ := regional(t, answers{"DeleteSecurityGroup": func(n int, _ request) reply {
			if n == 2 {
				cancel()
			}
			return ec2Error("DependencyViolation", "x")
		}})
		if err := r.DeleteGroup(ctx, "sg-1"); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	})
}
