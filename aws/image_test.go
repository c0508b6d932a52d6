package aws

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
)

func image(id, name, created string) string {
	return `<item><imageId>` + id + `</imageId><name>` + name + `</name><creationDate>` + created + `</creationDate><rootDeviceName>/dev/xvda</rootDeviceName></item>`
}

func TestImage(t *testing.T) {
	parameter := reply{status: 200, body: `{"Parameter":{"Value":"ami-ssm","Name":"x","Type":"String"}}`}
	denied := jsonError("AccessDeniedException", "no")
	missing := jsonError("ParameterNotFound", "no")
	images := func(items string) reply { return ok("DescribeImages", "<imagesSet>"+items+"</imagesSet>") }
	found := images(image("ami-old", "old", "2026-01-01T00:00:00.000Z") + image("ami-new", "new", "2026-09-01T00:00:00.000Z") + image("ami-mid", "mid", "2026-05-01T00:00:00.000Z"))
	searched := Image{ID: "ami-new", Name: "new", Release: "24.04", Arch: "arm64", Source: "describe-images", Root: "/dev/xvda"}
	for _, c := range []struct {
		name   string
		ssm    reply
		images []reply
		want   Image
		code   string
	}{
		{"ssm", parameter, []reply{images(image("ami-ssm", "ubuntu/x", "2026"))}, Image{ID: "ami-ssm", Name: "ubuntu/x", Release: "24.04", Arch: "arm64", Source: "ssm", Root: "/dev/xvda"}, ""},
		{"ssm, images may not be described", parameter, []reply{ec2Error("UnauthorizedOperation", "no")}, Image{ID: "ami-ssm", Name: "", Release: "24.04", Arch: "arm64", Source: "ssm", Root: "/dev/sda1"}, ""},
		{"ssm names one that is gone", parameter, []reply{ec2Error("InvalidAMIID.NotFound", "no"), found}, searched, ""},
		{"ssm refused", denied, []reply{found}, searched, ""},
		{"no parameter", missing, []reply{found}, searched, ""},
		{"nothing anywhere", missing, []reply{images("")}, Image{}, codeNoImage},
		{"both refused", denied, []reply{ec2Error("UnauthorizedOperation", "no")}, Image{}, "UnauthorizedOperation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := regional(t, answers{"GetParameter": always(c.ssm), "DescribeImages": inTurn(c.images...)})
				got, err := r.Image(context.Background(), "24.04", "arm64")
				if !reflect.DeepEqual(got, c.want) || codeOf(err) != c.code {
					t.Errorf("%+v, %v", got, err)
				}
				if err != nil {
					explained(t, err)
				}
				if last := w.sent("DescribeImages", len(c.images)-1); got.Source == "describe-images" {
					wantField(t, last, map[string]string{"Owner.1": "099720109477", "Filter.1.Value.1": "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-*"})
				}
			})
		})
	}
}

func TestImageNames(t *testing.T) {
	for release, want := range map[string]string{
		"20.04": "20.04/stable/current/amd64/hvm/ebs-gp2/", "22.04": "22.04/stable/current/amd64/hvm/ebs-gp2/",
		"24.04": "24.04/stable/current/amd64/hvm/ebs-gp3/", "26.04": "26.04/stable/current/amd64/hvm/ebs-gp3/",
	} {
		var asked string
		r, _ := regional(t, answers{
			"GetParameter": func(_ int, q request) reply {
				asked = q.body
				return reply{status: 200, body: `{"Parameter":{"Value":"ami-1"}}`}
			},
			"DescribeImages": always(ok("DescribeImages", "<imagesSet>"+image("ami-1", "n", "2026")+"</imagesSet>")),
		})
		if _, err := r.Image(context.Background(), release, "amd64"); err != nil {
			t.Error(err)
		}
		if !strings.Contains(asked, "/aws/service/canonical/ubuntu/server/"+want+"ami-id") {
			t.Errorf("%s: asked %s", release, asked)
		}
	}
	r, _ := regional(t, nil)
	_, err := r.Image(context.Background(), "23.10", "amd64")
	if kind, _, _, _ := explained(t, err); kind != "answers" {
		t.Errorf("kind %s", kind)
	}
}
