package ec2sim

import (
	"regexp"
	"time"
)

type parameter struct {
	Name             string
	Type             string
	Value            string
	Version          int
	LastModifiedDate int64 // seconds
	ARN              string
	DataType         string
}

// publicParameter resolves the public parameters of Canonical and of AWS's
// deep learning images; nil when there is none.
func publicParameter(region, name string) *parameter {
	var i *image
	if m := canonicalPath().FindStringSubmatch(name); m != nil {
		// Canonical publishes gp3 images from 23.10 on, and gp2 before.
		if (m[3] == "gp3") == (m[1] >= "24") {
			i = newestUbuntu(region, m[1], m[2])
		}
	} else if m := deepLearningPath().FindStringSubmatch(name); m != nil {
		i = find(images(region), func(i *image) bool { return i.GPU && i.Release == m[1] })
	}
	if i == nil {
		return nil
	}
	created, err := time.Parse(time.RFC3339, i.Created)
	if err != nil {
		return nil
	}
	return &parameter{name, "String", i.ID, 1, created.Unix(), "arn:aws:ssm:" + region + "::parameter" + name, "aws:ec2:image"}
}

func canonicalPath() *regexp.Regexp {
	return regexp.MustCompile(`^/aws/service/canonical/ubuntu/server/([0-9.]+)/stable/current/(amd64|arm64)/hvm/ebs-(gp2|gp3)/ami-id$`)
}

func deepLearningPath() *regexp.Regexp {
	return regexp.MustCompile(`^/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-([0-9.]+)/latest/ami-id$`)
}

type getParameterIn struct {
	Name           string
	WithDecryption *bool
}

type getParameterOut struct{ Parameter *parameter }

func getParameter(c *call, in *getParameterIn) (*getParameterOut, error) {
	p := publicParameter(c.regionName, in.Name)
	if p == nil {
		return nil, refuse("ParameterNotFound", "Parameter %s not found.", in.Name)
	}
	return &getParameterOut{p}, nil
}

type getParametersIn struct {
	Names          []string
	WithDecryption *bool
}

type getParametersOut struct {
	Parameters        []*parameter
	InvalidParameters []string
}

func getParameters(c *call, in *getParametersIn) (*getParametersOut, error) {
	if len(in.Names) == 0 || len(in.Names) > 10 {
		return nil, refuse("ValidationException", "Value at 'names' failed to satisfy constraint: Member must have length between 1 and 10")
	}
	out := &getParametersOut{}
	for _, name := range in.Names {
		if p := publicParameter(c.regionName, name); p != nil {
			out.Parameters = append(out.Parameters, p)
		} else {
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}
