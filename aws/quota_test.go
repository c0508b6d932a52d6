package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestFamilyOf(t *testing.T) {
	for instance, want := range map[string]string{
		"t2.micro": "L-1216C47A", "m7i-flex.large": "L-1216C47A", "g4dn.xlarge": "L-DB2E81BA", "vt1.3xlarge": "L-DB2E81BA", "gr6.4xlarge": "L-DB2E81BA",
		"p5.48xlarge": "L-417A185B", "inf2.xlarge": "L-1945791B", "i4i.large": "L-1216C47A", "im4gn.large": "L-1216C47A", "trn1.2xlarge": "L-2C3B7624",
		"dl1.24xlarge": "L-6E869C2A", "d3.xlarge": "L-1216C47A", "x2gd.medium": "L-7295265B", "hpc7g.4xlarge": "L-F7808C92", "h1.2xlarge": "L-1216C47A",
		"u-6tb1.metal": "L-43DA4232", "u7i-12tb.224xlarge": "L-43DA4232", "f1.2xlarge": "L-74FC7D96", "z1d.large": "L-1216C47A",
		"mac2.metal": "", "q1.large": "", "": "", ".": "",
	} {
		if f, ok := familyOf(instance); f.code != want || ok != (want != "") {
			t.Errorf("%s: %s, want %s", instance, f.code, want)
		}
	}
}

func cpu(kind string, cores, threads int, more string) string {
	return fmt.Sprintf(`<item><instanceId>i-1</instanceId><instanceType>%s</instanceType><cpuOptions><coreCount>%d</coreCount><threadsPerCore>%d</threadsPerCore></cpuOptions>%s</item>`, kind, cores, threads, more)
}

func machines(items, next string) reply {
	return ok("DescribeInstances", `<reservationSet><item><instancesSet>`+items+`</instancesSet></item></reservationSet>`+next)
}

func TestQuota(t *testing.T) {
	r, w := regional(t, answers{
		"GetServiceQuota": always(reply{status: 200, body: `{"Quota":{"QuotaCode":"L-DB2E81BA","QuotaName":"Running On-Demand G and VT instances","Value":64.0}}`}),
		"DescribeInstances": inTurn(
			machines(cpu("g4dn.xlarge", 2, 2, "")+cpu("m5.large", 1, 2, ""), "<nextToken>more</nextToken>"),
			machines(cpu("g5.2xlarge", 4, 1, "")+cpu("g4dn.12xlarge", 24, 2, "<instanceLifecycle>spot</instanceLifecycle>")+cpu("mac2.metal", 8, 1, ""), "")),
	})
	q, err := r.Quota(context.Background(), Type{Name: "g6.xlarge"})
	if want := (Quota{"L-DB2E81BA", "Running On-Demand G and VT instances", 64, 8}); err != nil || q != want {
		t.Errorf("%+v, %v; want %+v", q, err, want)
	}
	wantField(t, w.sent("DescribeInstances", 0), map[string]string{"Filter.1.Name": "instance-state-name", "Filter.1.Value.1": "pending", "Filter.1.Value.2": "running", "Filter.1.Value.3": ""})
	wantField(t, w.sent("DescribeInstances", 1), map[string]string{"NextToken": "more"})
	for _, s := range w.seen {
		if s.action == "GetServiceQuota" && (s.region != "eu-central-1" || !strings.Contains(s.body, `"ServiceCode":"ec2"`) || !strings.Contains(s.body, `"QuotaCode":"L-DB2E81BA"`)) {
			t.Errorf("asked in %s for %s", s.region, s.body)
		}
	}
}

func TestQuotaErrorsAreExplained(t *testing.T) {
	none := machines("", "")
	for _, c := range []struct {
		name, kind   string
		quota, ec2   reply
		title, code  string
		kindOf, says string
	}{
		{"unknown family", "mac2.metal", none, none, "The vCPU quota is not known", "QuotaUnknown", "refused", "Service Quotas console"},
		{"unknown to AWS", "p5.48xlarge", jsonError("NoSuchResourceException", "no"), none, "The vCPU quota is not known", "QuotaUnknown", "refused", "L-417A185B"},
		{"an answer without a value", "p5.48xlarge", reply{status: 200, body: `{"Quota":{}}`}, none, "The vCPU quota is not known", "QuotaUnknown", "refused", "L-417A185B"},
		{"not allowed", "t3.micro", jsonError("AccessDeniedException", "User: arn:aws:iam::1:user/u is not authorized to perform: servicequotas:GetServiceQuota"), none, "Not permitted: servicequotas:GetServiceQuota", "AccessDeniedException", "refused", "iam-policy.json"},
		{"not allowed, in few words", "t3.micro", jsonError("AccessDeniedException", "no"), none, "Not permitted: servicequotas:GetServiceQuota", "AccessDeniedException", "refused", "iam-policy.json"},
		{"instances not to be seen", "t3.micro", reply{status: 200, body: `{"Quota":{"Value":5}}`}, ec2Error("UnauthorizedOperation", "no"), "Not permitted: ec2:DescribeInstances", "UnauthorizedOperation", "refused", "iam-policy.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := regional(t, answers{"GetServiceQuota": always(c.quota), "DescribeInstances": always(c.ec2)})
			q, err := r.Quota(context.Background(), Type{Name: c.kind})
			kind, title, text, next := explained(t, err)
			if kind != c.kindOf || title != c.title || !strings.Contains(text+next, c.says) || q != (Quota{}) {
				t.Errorf("%s: %s. %s %s (%+v)", kind, title, text, next, q)
			}
			if e := new(Error); !errors.As(err, &e) || e.Code != c.code || e.Type != c.kind {
				t.Errorf("%+v", e)
			}
		})
	}
}
