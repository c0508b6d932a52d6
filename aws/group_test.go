package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// rule is one of the group's, its ID "sgr-" with port and address.
func rule(port int, cidr, mark string) string {
	return fmt.Sprintf(`<item><securityGroupRuleId>sgr-%d-%s</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol>`+
		`<fromPort>%[1]d</fromPort><toPort>%[1]d</toPort><cidrIpv4>%[2]s</cidrIpv4><description>%[3]s</description></item>`, port, cidr, mark)
}

// outward is the rule that every group has from the start.
const outward = `<item><securityGroupRuleId>sgr-out</securityGroupRuleId><isEgress>true</isEgress><ipProtocol>-1</ipProtocol><cidrIpv4>0.0.0.0/0</cidrIpv4><description>jupyter-ec2</description></item>`

func ruleList(rules string) reply {
	return ok("DescribeSecurityGroupRules", `<securityGroupRuleSet>`+outward+rules+`</securityGroupRuleSet>`)
}

var oneGroup = ok("DescribeSecurityGroups", `<securityGroupInfo><item><groupId>sg-1</groupId><groupName>jupyter-ec2-demo</groupName></item></securityGroupInfo>`)

// book is a group's rules as EC2 keeps them: what is asked for takes effect.
type book struct{ rules []string }

func newBook(rules string) *book {
	return &book{slices.DeleteFunc(strings.SplitAfter(rules, "</item>"), func(s string) bool { return s == "" })}
}

func (b *book) list(int, request) reply { return ruleList(strings.Join(b.rules, "")) }

func (b *book) move(_ int, q request) reply {
	for k := 1; q.form.Has(fmt.Sprintf("SecurityGroupRule.%d.SecurityGroupRuleId", k)); k++ {
		at := fmt.Sprintf("SecurityGroupRule.%d.SecurityGroupRule", k)
		port, _ := strconv.Atoi(q.form.Get(at + ".FromPort"))
		for i, r := range b.rules {
			if strings.Contains(r, "<securityGroupRuleId>"+q.form.Get(at+"Id")+"<") {
				b.rules[i] = rule(port, q.form.Get(at+".CidrIpv4"), q.form.Get(at+".Description"))
			}
		}
	}
	return ok("ModifySecurityGroupRules", "<return>true</return>")
}

func (b *book) open(_ int, q request) reply {
	port, _ := strconv.Atoi(q.form.Get("IpPermissions.1.FromPort"))
	b.rules = append(b.rules, rule(port, q.form.Get("IpPermissions.1.IpRanges.1.CidrIp"), q.form.Get("IpPermissions.1.IpRanges.1.Description")))
	return ok("AuthorizeSecurityGroupIngress", "<return>true</return>")
}

func (b *book) revoke(_ int, q request) reply {
	b.rules = slices.DeleteFunc(b.rules, func(r string) bool {
		return strings.Contains(r, "sgr-"+q.form.Get("IpPermissions.1.FromPort")+"-"+q.form.Get("IpPermissions.1.IpRanges.1.CidrIp"))
	})
	return ok("RevokeSecurityGroupIngress", "<return>true</return>")
}

func done(action string) func(int, request) reply { return always(ok(action, "<return>true</return>")) }

func TestEnsureGroupCreates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules := newBook("")
		r, w := regional(t, answers{
			"DescribeSecurityGroups":     always(ok("DescribeSecurityGroups", "<securityGroupInfo/>")),
			"DescribeSecurityGroupRules": rules.list,
			"CreateSecurityGroup":        always(ok("CreateSecurityGroup", "<groupId>sg-9</groupId>")),
			// Not known everywhere yet, then open, then open already.
			"AuthorizeSecurityGroupIngress": func(n int, q request) reply {
				if n == 0 {
					return ec2Error("InvalidGroup.NotFound", "x")
				}
				if opened := rules.open(n, q); n == 1 {
					return opened
				}
				return ec2Error("InvalidPermission.Duplicate", "x")
			},
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
	const mine, old, machine = "203.0.113.7/32", "198.51.100.1/32", "192.0.2.5/32"
	for _, c := range []struct {
		name, have         string
		also               []Rule
		move, open, revoke string // "sgr-22-… to …" and "port address", comma between
	}{
		{name: "as wanted", have: rule(22, mine, ruleMark) + rule(8888, mine, ruleMark)},
		{name: "one missing", have: rule(22, mine, ruleMark), open: "8888 " + mine},
		{
			name: "my address has changed", have: rule(22, old, ruleMark) + rule(8888, old, ruleMark),
			move: "sgr-22-" + old + " to 22 " + mine + ", sgr-8888-" + old + " to 8888 " + mine,
		},
		{
			name: "my address has changed, and one port is open to it", have: rule(22, old, ruleMark) + rule(8888, mine, ruleMark),
			move: "sgr-22-" + old + " to 22 " + mine,
		},
		{
			name: "a mode that needs fewer", have: rule(22, mine, ruleMark) + rule(8888, mine, ruleMark) + rule(9999, mine, ruleMark),
			revoke: "9999 " + mine,
		},
		{name: "somebody else's stay", have: rule(22, mine, "by hand") + rule(443, "0.0.0.0/0", "by hand") + rule(22, old, "by hand") + rule(8888, mine, ruleMark)},
		{
			name: "another machine besides", have: rule(22, mine, ruleMark) + rule(8888, mine, ruleMark), also: []Rule{{Port: 22, CIDR: machine}},
			open: "22 " + machine,
		},
		{
			name: "another machine stays when I move", have: rule(22, machine, ruleMark) + rule(22, old, ruleMark) + rule(8888, mine, ruleMark),
			also: []Rule{{Port: 22, CIDR: machine}}, move: "sgr-22-" + old + " to 22 " + mine,
		},
		{
			name: "another machine goes", have: rule(22, mine, ruleMark) + rule(22, machine, ruleMark) + rule(8888, mine, ruleMark),
			revoke: "22 " + machine,
		},
		{name: "twice the same", have: rule(22, mine, ruleMark) + rule(8888, mine, ruleMark), also: []Rule{{Port: 22, CIDR: mine}}},
		{
			name: "a network by one of its addresses", have: rule(22, mine, ruleMark) + rule(8888, mine, ruleMark) + rule(22, "192.0.2.0/24", ruleMark),
			also: []Rule{{Port: 22, CIDR: "192.0.2.5/24"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			rules := newBook(c.have)
			r, w := regional(t, answers{
				"DescribeSecurityGroups":        always(oneGroup),
				"DescribeSecurityGroupRules":    rules.list,
				"ModifySecurityGroupRules":      rules.move,
				"AuthorizeSecurityGroupIngress": rules.open,
				"RevokeSecurityGroupIngress":    rules.revoke,
			})
			g := groupSpec()
			g.Also = c.also
			id, err := r.EnsureGroup(context.Background(), g)
			if id != "sg-1" || err != nil {
				t.Fatalf("%q, %v", id, err)
			}
			wantField(t, w.sent("DescribeSecurityGroups", 0), map[string]string{
				"Filter.1.Name": "tag:jupyter-ec2", "Filter.1.Value.1": "s1", "Filter.2.Value.1": "jupyter-ec2-demo", "Filter.3.Value.1": "vpc-1",
			})
			wantField(t, w.sent("DescribeSecurityGroupRules", 0), map[string]string{"Filter.1.Name": "group-id", "Filter.1.Value.1": "sg-1"})
			wantChanges(t, w, c.move, c.open, c.revoke)
		})
	}
}

// wantChanges compares what was moved, opened and revoked.
func wantChanges(t *testing.T, w *wire, move, open, revoke string) {
	t.Helper()
	var moved []string
	for n := range w.count("ModifySecurityGroupRules") {
		f := w.sent("ModifySecurityGroupRules", n)
		for k := 1; f.Has(fmt.Sprintf("SecurityGroupRule.%d.SecurityGroupRuleId", k)); k++ {
			at := fmt.Sprintf("SecurityGroupRule.%d.SecurityGroupRule.", k)
			wantField(t, f, map[string]string{"GroupId": "sg-1", at + "IpProtocol": "tcp", at + "ToPort": f.Get(at + "FromPort"), at + "Description": ruleMark})
			moved = append(moved, f.Get(fmt.Sprintf("SecurityGroupRule.%d.SecurityGroupRuleId", k))+" to "+f.Get(at+"FromPort")+" "+f.Get(at+"CidrIpv4"))
		}
	}
	each := func(action string) string {
		var all []string
		for n := range w.count(action) {
			f := w.sent(action, n)
			all = append(all, f.Get("IpPermissions.1.FromPort")+" "+f.Get("IpPermissions.1.IpRanges.1.CidrIp"))
			wantField(t, f, map[string]string{"GroupId": "sg-1", "IpPermissions.2.FromPort": "", "SecurityGroupRuleId.1": ""})
		}
		return strings.Join(all, ", ")
	}
	for _, c := range []struct{ what, got, want string }{
		{"moved", strings.Join(moved, ", "), move},
		{"opened", each("AuthorizeSecurityGroupIngress"), open},
		{"revoked", each("RevokeSecurityGroupIngress"), revoke},
	} {
		if c.got != c.want {
			t.Errorf("%s %q, want %q", c.what, c.got, c.want)
		}
	}
}

// Where EC2 does not move a rule, the new one comes before the old one goes.
func TestEnsureGroupWithoutMoving(t *testing.T) {
	for _, code := range []string{"UnauthorizedOperation", "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.Duplicate"} {
		rules := newBook(rule(22, "198.51.100.1/32", ruleMark) + rule(8888, "203.0.113.7/32", ruleMark))
		r, w := regional(t, answers{
			"DescribeSecurityGroups":        always(oneGroup),
			"DescribeSecurityGroupRules":    rules.list,
			"ModifySecurityGroupRules":      always(ec2Error(code, "x")),
			"AuthorizeSecurityGroupIngress": rules.open,
			"RevokeSecurityGroupIngress": func(n int, q request) reply {
				rules.revoke(n, q)
				return ec2Error("InvalidPermission.NotFound", "gone already")
			},
		})
		if _, err := r.EnsureGroup(context.Background(), groupSpec()); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		wantChanges(t, w, "sgr-22-198.51.100.1/32 to 22 203.0.113.7/32", "22 203.0.113.7/32", "22 198.51.100.1/32")
		w.mu.Lock()
		changes := slices.DeleteFunc(slices.Clone(w.seen), func(q request) bool { return strings.HasPrefix(q.action, "Describe") })
		if last := changes[len(changes)-1].action; last != "RevokeSecurityGroupIngress" {
			t.Errorf("%s: the last is %s", code, last)
		}
		w.mu.Unlock()
	}
}

func TestGroupRules(t *testing.T) {
	permission := func(protocol string, from, to int, cidr, mark string) string {
		return fmt.Sprintf(`<item><ipProtocol>%s</ipProtocol><fromPort>%d</fromPort><toPort>%d</toPort><ipRanges><item><cidrIp>%s</cidrIp><description>%s</description></item></ipRanges></item>`, protocol, from, to, cidr, mark)
	}
	r, w := regional(t, answers{"DescribeSecurityGroups": inTurn(ok("DescribeSecurityGroups", `<securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions>`+
		permission("tcp", 22, 22, "203.0.113.7/32", ruleMark)+permission("tcp", 443, 443, "0.0.0.0/0", "by hand")+
		permission("udp", 53, 53, "0.0.0.0/0", "")+permission("tcp", 1, 9, "0.0.0.0/0", "")+
		`</ipPermissions></item></securityGroupInfo>`), ec2Error("InvalidGroup.NotFound", "The security group 'sg-1' does not exist"))})
	got, err := r.GroupRules(context.Background(), "sg-1")
	if want := []Rule{{22, "203.0.113.7/32", true}, {443, "0.0.0.0/0", false}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	wantField(t, w.sent("DescribeSecurityGroups", 0), map[string]string{"GroupId.1": "sg-1"})
	_, err = r.GroupRules(context.Background(), "sg-1")
	if _, title, _, _ := explained(t, err); title != "It no longer exists" {
		t.Errorf("%s", title)
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
		{"said to be deleted, and there for ever", []reply{ok("DeleteSecurityGroup", "<return>true</return>")}, time.Minute, codeStillThere},
		{"not found, and there for ever", []reply{ec2Error("InvalidGroup.NotFound", "x")}, time.Minute, codeStillThere},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listed := ok("DescribeSecurityGroups", "<securityGroupInfo/>")
				if c.code == codeStillThere {
					listed = oneGroup
				}
				r, w := regional(t, answers{"DeleteSecurityGroup": inTurn(c.turns...), "DescribeSecurityGroups": always(listed)})
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

// Time may be over while EC2 is asked: then what it said before is what is wrong.
func TestDeleteGroupRunsOutOfTimeWhileItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, _ := regional(t, answers{"DeleteSecurityGroup": func(n int, _ request) reply {
			if n > 0 {
				<-ctx.Done()
				return reply{err: ctx.Err()}
			}
			return ec2Error("DependencyViolation", "has a dependent object")
		}})
		if err := r.DeleteGroup(ctx, "sg-1"); codeOf(err) != "DependencyViolation" {
			t.Errorf("err = %v", err)
		}
	})
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
