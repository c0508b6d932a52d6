package ec2sim

import (
	"fmt"
	"strings"
)

// bucket is a quota of running on-demand vCPUs, which the types of some
// families share.
type bucket struct {
	code, name string
	vcpus      int
}

// buckets are the account's quotas: those of the types in the catalogue as
// the options say, and some of those that a new account has none of
// (docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html).
func (c *Cloud) buckets() []bucket {
	return []bucket{
		{"L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", c.opts.StandardVCPUs},
		{"L-DB2E81BA", "Running On-Demand G and VT instances", c.opts.GPUVCPUs},
		{"L-417A185B", "Running On-Demand P instances", 0},
		{"L-7295265B", "Running On-Demand X instances", 0},
		{"L-74FC7D96", "Running On-Demand F instances", 0},
	}
}

// bucketOf is the bucket of a type of the catalogue.
func (c *Cloud) bucketOf(t instanceType) bucket {
	if t.gpu != "" {
		return c.buckets()[1]
	}
	return c.buckets()[0]
}

// checkQuota counts the vCPUs of what runs, in the type's bucket.
func checkQuota(c *call, l *launch) error {
	b, used := c.cloud.bucketOf(l.kind), l.kind.vcpu*l.least
	for _, i := range c.region.Instances {
		if t, _ := typeNamed(i.Type); (i.State == stateRunning || i.State == statePending) && c.cloud.bucketOf(t).code == b.code {
			used += t.vcpu
		}
	}
	if used > b.vcpus {
		return refuse("VcpuLimitExceeded", "%s", strings.Replace(words("VcpuLimitExceeded"), "limit of 0", fmt.Sprintf("limit of %d", b.vcpus), 1))
	}
	return nil
}

type getServiceQuotaIn struct{ ServiceCode, QuotaCode string }

type serviceQuota struct {
	ServiceCode, ServiceName, QuotaArn, QuotaCode, QuotaName string
	Value                                                    float64
	Unit                                                     string
	Adjustable, GlobalQuota                                  bool
}

type getServiceQuotaOut struct{ Quota *serviceQuota }

func getServiceQuota(c *call, in *getServiceQuotaIn) (*getServiceQuotaOut, error) {
	for _, b := range c.cloud.buckets() {
		if in.ServiceCode == "ec2" && in.QuotaCode == b.code {
			return &getServiceQuotaOut{&serviceQuota{
				in.ServiceCode, "Amazon Elastic Compute Cloud (Amazon EC2)",
				"arn:aws:servicequotas:" + c.regionName + ":" + c.cloud.opts.Account + ":ec2/" + b.code,
				b.code, b.name, float64(b.vcpus), "None", true, false,
			}}, nil
		}
	}
	return nil, refuse("NoSuchResourceException", "The request failed because the specified service does not exist.")
}
