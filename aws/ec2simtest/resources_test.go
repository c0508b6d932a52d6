package ec2simtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	pricingtypes "github.com/aws/aws-sdk-go-v2/service/pricing/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

func str(s string) *string { return &s }

func filters(pairs ...string) []types.Filter {
	var all []types.Filter
	for n := 0; n < len(pairs); n += 2 {
		all = append(all, types.Filter{Name: &pairs[n], Values: []string{pairs[n+1]}})
	}
	return all
}

func TestRegions(t *testing.T) {
	cl := ec2Client(open(t, ec2sim.Options{OptedIn: []string{"eu-south-2"}}), "us-east-1")
	enabled := must[*ec2.DescribeRegionsOutput](t)(cl.DescribeRegions(t.Context(), nil))
	all := must[*ec2.DescribeRegionsOutput](t)(cl.DescribeRegions(t.Context(), &ec2.DescribeRegionsInput{AllRegions: awssdk.Bool(true)}))
	if len(all.Regions) != 34 || len(enabled.Regions) != 18 {
		t.Errorf("%d regions of which %d enabled, want 34 and 18", len(all.Regions), len(enabled.Regions))
	}
	status := map[string]string{}
	for _, r := range all.Regions {
		status[*r.RegionName] = *r.OptInStatus
	}
	for name, want := range map[string]string{"us-east-1": "opt-in-not-required", "eu-south-2": "opted-in", "af-south-1": "not-opted-in"} {
		if status[name] != want {
			t.Errorf("%s is %s, want %s", name, status[name], want)
		}
	}
}

func TestZones(t *testing.T) {
	c := open(t, ec2sim.Options{})
	for region, want := range map[string][2]string{"us-east-1": {"us-east-1a", "use1-az1"}, "us-west-1": {"us-west-1b", "usw1-az1"}, "ap-southeast-2": {"ap-southeast-2a", "apse2-az1"}} {
		out := must[*ec2.DescribeAvailabilityZonesOutput](t)(ec2Client(c, region).DescribeAvailabilityZones(t.Context(), nil))
		if z := out.AvailabilityZones[0]; *z.ZoneName != want[0] || *z.ZoneId != want[1] {
			t.Errorf("%s begins with %s %s, want %v", region, *z.ZoneName, *z.ZoneId, want)
		}
	}
}

func allTypes(t *testing.T, cl *ec2.Client, in *ec2.DescribeInstanceTypesInput) (map[string]types.InstanceTypeInfo, int) {
	t.Helper()
	found, pages := map[string]types.InstanceTypeInfo{}, 0
	for p := ec2.NewDescribeInstanceTypesPaginator(cl, in); p.HasMorePages(); pages++ {
		out := must[*ec2.DescribeInstanceTypesOutput](t)(p.NextPage(t.Context()))
		for _, i := range out.InstanceTypes {
			if _, twice := found[string(i.InstanceType)]; twice {
				t.Fatalf("%s comes twice", i.InstanceType)
			}
			found[string(i.InstanceType)] = i
		}
	}
	return found, pages
}

func TestInstanceTypes(t *testing.T) {
	c := open(t, ec2sim.Options{PageSize: 7})
	found, pages := allTypes(t, ec2Client(c, "us-east-1"), &ec2.DescribeInstanceTypesInput{MaxResults: awssdk.Int32(100)})
	if len(found) < 60 || pages != (len(found)+6)/7 {
		t.Errorf("%d types in %d pages", len(found), pages)
	}
	if m := found["t2.micro"]; *m.MemoryInfo.SizeInMiB != 1024 || *m.VCpuInfo.DefaultVCpus != 1 || !*m.FreeTierEligible ||
		m.Hypervisor != types.InstanceTypeHypervisorXen || m.ProcessorInfo.SupportedArchitectures[1] != types.ArchitectureTypeX8664 {
		t.Errorf("t2.micro is %+v", m)
	}
	if g := found["g4dn.xlarge"]; *g.GpuInfo.Gpus[0].Name != "T4" || *g.GpuInfo.Gpus[0].Count != 1 || *g.GpuInfo.TotalGpuMemoryInMiB != 16384 {
		t.Errorf("g4dn.xlarge is %+v", g.GpuInfo)
	}
	if a := found["t4g.micro"].ProcessorInfo.SupportedArchitectures; !slices.Equal(a, []types.ArchitectureType{types.ArchitectureTypeArm64}) {
		t.Errorf("t4g.micro is %v", a)
	}
	north, _ := allTypes(t, ec2Client(c, "eu-north-1"), &ec2.DescribeInstanceTypesInput{})
	if _, ok := north["t2.micro"]; ok || !*north["t3.micro"].FreeTierEligible {
		t.Error("eu-north-1 has t2.micro, or t3.micro is not free there")
	}
	free, _ := allTypes(t, ec2Client(open(t, ec2sim.Options{FreePlan: true}), "us-east-1"), &ec2.DescribeInstanceTypesInput{Filters: filters("free-tier-eligible", "true")})
	if len(free) != 6 {
		t.Errorf("the free plan has %d types, want 6", len(free))
	}
	_, err := ec2Client(c, "us-east-1").DescribeInstanceTypes(t.Context(), &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{"t9.huge"}})
	wantCode(t, "an unknown type", err, "InvalidInstanceType")
	_, err = ec2Client(c, "us-east-1").DescribeInstanceTypes(t.Context(), &ec2.DescribeInstanceTypesInput{Filters: filters("colour", "blue")})
	wantCode(t, "an unknown filter", err, "InvalidParameterValue")
	offers := must[*ec2.DescribeInstanceTypeOfferingsOutput](t)(ec2Client(open(t, ec2sim.Options{}), "us-east-1").DescribeInstanceTypeOfferings(t.Context(),
		&ec2.DescribeInstanceTypeOfferingsInput{LocationType: types.LocationTypeAvailabilityZone, Filters: filters("instance-type", "t3.micro")}))
	if len(offers.InstanceTypeOfferings) != 5 {
		t.Errorf("t3.micro in %d zones of us-east-1, want all but us-east-1e", len(offers.InstanceTypeOfferings))
	}
}

// TestImages: what SSM leads to is DescribeImages' newest one.
func TestImages(t *testing.T) {
	c := open(t, ec2sim.Options{Now: newClock().Now})
	for region, arch := range map[string]string{"us-east-1": "amd64", "ap-east-1": "arm64"} {
		params := ssm.NewFromConfig(config(c, region))
		for version, disk := range map[string]string{"20.04": "gp2", "22.04": "gp2", "24.04": "gp3", "26.04": "gp3"} {
			name := fmt.Sprintf("/aws/service/canonical/ubuntu/server/%s/stable/current/%s/hvm/ebs-%s/ami-id", version, arch, disk)
			p := must[*ssm.GetParameterOutput](t)(params.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name}))
			out := must[*ec2.DescribeImagesOutput](t)(ec2Client(c, region).DescribeImages(t.Context(), &ec2.DescribeImagesInput{
				Owners: []string{"099720109477"}, Filters: filters("name", "ubuntu/images/hvm-ssd*/ubuntu-*-"+version+"-"+arch+"-server-*", "state", "available"),
			}))
			newest := slices.MaxFunc(out.Images, func(a, b types.Image) int { return strings.Compare(*a.CreationDate, *b.CreationDate) })
			if *newest.ImageId != *p.Parameter.Value {
				t.Errorf("%s %s: SSM leads to %s, DescribeImages to %s", region, version, *p.Parameter.Value, *newest.ImageId)
			}
			if want := map[bool]int{true: 1, false: 2}[version == "20.04"]; len(out.Images) != want {
				t.Errorf("%s: %d images not deprecated, want %d", version, len(out.Images), want)
			}
		}
		_, err := params.GetParameter(t.Context(), &ssm.GetParameterInput{Name: str("/aws/service/nothing")})
		wantCode(t, "an unknown parameter", err, "ParameterNotFound")
		both := must[*ssm.GetParametersOutput](t)(params.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{
			"/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id", "/nothing",
		}}))
		if len(both.Parameters) != 1 || len(both.InvalidParameters) != 1 {
			t.Errorf("GetParameters answers %+v", both)
		}
	}
	_, err := ec2Client(c, "us-east-1").DescribeImages(t.Context(), &ec2.DescribeImagesInput{ImageIds: []string{"ami-0123456789abcdef0"}})
	wantCode(t, "an unknown image", err, "InvalidAMIID.NotFound")
}

func TestPrices(t *testing.T) {
	cl := pricing.NewFromConfig(config(open(t, ec2sim.Options{}), "us-east-1"))
	find := func(service string, pairs ...string) []string {
		var fs []pricingtypes.Filter
		for n := 0; n < len(pairs); n += 2 {
			fs = append(fs, pricingtypes.Filter{Type: pricingtypes.FilterTypeTermMatch, Field: &pairs[n], Value: &pairs[n+1]})
		}
		var list []string
		for p := pricing.NewGetProductsPaginator(cl, &pricing.GetProductsInput{ServiceCode: &service, Filters: fs}); p.HasMorePages(); {
			list = append(list, must[*pricing.GetProductsOutput](t)(p.NextPage(t.Context())).PriceList...)
		}
		return list
	}
	type entry struct {
		Product struct{ Attributes map[string]string }
		Terms   struct {
			OnDemand map[string]struct {
				PriceDimensions map[string]struct {
					Description  string
					PricePerUnit map[string]string
				}
			}
		}
	}
	price := func(text string) (usd, description string) {
		var e entry
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		for _, offer := range e.Terms.OnDemand {
			for _, d := range offer.PriceDimensions {
				usd, description = d.PricePerUnit["USD"], d.Description
			}
		}
		return usd, description
	}
	linux := []string{"operatingSystem", "Linux", "tenancy", "Shared", "preInstalledSw", "NA", "capacitystatus", "Used", "marketoption", "OnDemand"}
	for _, want := range []struct{ region, kind, usd string }{{"us-east-1", "t2.micro", "0.0116000000"}, {"eu-north-1", "t3.micro", "0.0108160000"}} {
		list := find("AmazonEC2", append(linux, "regionCode", want.region, "instanceType", want.kind)...)
		if len(list) != 1 {
			t.Fatalf("%d prices of %s, want 1", len(list), want.kind)
		}
		if usd, note := price(list[0]); usd != want.usd || !strings.Contains(note, "example price") {
			t.Errorf("%s costs %s (%s), want %s", want.kind, usd, note, want.usd)
		}
	}
	if n := len(find("AmazonEC2", append(linux, "regionCode", "us-east-1")...)); n < 60 {
		t.Errorf("%d prices, want all types'", n)
	}
	if usd, _ := price(find("AmazonEC2", "regionCode", "us-east-1", "volumeApiName", "gp3")[0]); usd != "0.0800000000" {
		t.Errorf("gp3 costs %s", usd)
	}
	if usd, _ := price(find("AmazonVPC", "regionCode", "us-east-1", "group", "VPCPublicIPv4Address")[0]); usd != "0.0050000000" {
		t.Errorf("an address costs %s", usd)
	}
}

func TestKeyPairs(t *testing.T) {
	cl, ctx := ec2Client(open(t, ec2sim.Options{}), "us-east-1"), t.Context()
	_, err := cl.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: str("bad"), PublicKeyMaterial: []byte("-----BEGIN OPENSSH PRIVATE KEY-----")})
	wantCode(t, "importing no public key", err, "InvalidKey.Format")
	for _, kind := range []types.KeyType{types.KeyTypeEd25519, types.KeyTypeRsa} {
		name := "made-" + string(kind)
		made := must[*ec2.CreateKeyPairOutput](t)(cl.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{
			KeyName: &name, KeyType: kind,
			TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeKeyPair, Tags: []types.Tag{{Key: str("a"), Value: str("b")}}}},
		}))
		_, err := cl.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: &name})
		wantCode(t, "creating it again", err, "InvalidKeyPair.Duplicate")
		out := must[*ec2.DescribeKeyPairsOutput](t)(cl.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{Filters: filters("tag:a", "b", "key-name", name), IncludePublicKey: awssdk.Bool(true)}))
		k := out.KeyPairs[0]
		if *k.KeyPairId != *made.KeyPairId || k.KeyType != kind || *k.KeyFingerprint != *made.KeyFingerprint {
			t.Errorf("described as %+v", k)
		}
		if got := sshKeygen(t, *made.KeyMaterial); got != strings.Join(strings.Fields(*k.PublicKey)[:2], " ") {
			t.Errorf("%s: the private key's public key is %s, EC2 answers %s", kind, got, *k.PublicKey)
		}
		// What was created can be imported, as the same key.
		back := must[*ec2.ImportKeyPairOutput](t)(cl.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: str("back-" + name), PublicKeyMaterial: []byte(*k.PublicKey)}))
		if kind == types.KeyTypeEd25519 && *back.KeyFingerprint != *made.KeyFingerprint {
			t.Errorf("fingerprint %s, imported %s", *made.KeyFingerprint, *back.KeyFingerprint)
		}
		must[*ec2.DeleteKeyPairOutput](t)(cl.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyPairId: made.KeyPairId}))
		must[*ec2.DeleteKeyPairOutput](t)(cl.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyPairId: made.KeyPairId}))
		_, err = cl.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{name}})
		wantCode(t, "describing a deleted one", err, "InvalidKeyPair.NotFound")
	}
}

// sshKeygen is what OpenSSH says is the private key's public key.
func sshKeygen(t *testing.T, private string) string {
	t.Helper()
	tool, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen to read the key with")
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(private), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), tool, "-y", "-f", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	return strings.Join(strings.Fields(string(out))[:2], " ")
}

func port(n int32, cidrs ...string) types.IpPermission {
	p := types.IpPermission{IpProtocol: str("tcp"), FromPort: &n, ToPort: &n}
	for _, cidr := range cidrs {
		p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: str(cidr), Description: str("mine")})
	}
	return p
}

func TestSecurityGroups(t *testing.T) {
	cl, ctx := ec2Client(open(t, ec2sim.Options{}), "us-east-1"), t.Context()
	create := &ec2.CreateSecurityGroupInput{GroupName: str("jupyter"), Description: str("d"), TagSpecifications: []types.TagSpecification{
		{ResourceType: types.ResourceTypeSecurityGroup, Tags: []types.Tag{{Key: str("jupyter-ec2"), Value: str("x")}}},
	}}
	id := must[*ec2.CreateSecurityGroupOutput](t)(cl.CreateSecurityGroup(ctx, create)).GroupId
	_, err := cl.CreateSecurityGroup(ctx, create)
	wantCode(t, "creating it again", err, "InvalidGroup.Duplicate")
	open := &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: []types.IpPermission{port(22, "198.51.100.7/32", "203.0.113.0/24"), port(8888, "198.51.100.7/32")}}
	rules := must[*ec2.AuthorizeSecurityGroupIngressOutput](t)(cl.AuthorizeSecurityGroupIngress(ctx, open)).SecurityGroupRules
	if len(rules) != 3 {
		t.Fatalf("%d rules, want 3", len(rules))
	}
	_, err = cl.AuthorizeSecurityGroupIngress(ctx, open)
	wantCode(t, "opening again", err, "InvalidPermission.Duplicate")
	_, err = cl.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: []types.IpPermission{port(22, "198.51.100.7/99")}})
	wantCode(t, "a bad CIDR", err, "InvalidParameterValue")
	must[*ec2.ModifySecurityGroupRulesOutput](t)(cl.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{GroupId: id, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
		SecurityGroupRuleId: rules[2].SecurityGroupRuleId,
		SecurityGroupRule:   &types.SecurityGroupRuleRequest{IpProtocol: str("tcp"), FromPort: awssdk.Int32(8888), ToPort: awssdk.Int32(8888), CidrIpv4: str("198.51.100.8/32")},
	}}}))
	revoked := must[*ec2.RevokeSecurityGroupIngressOutput](t)(cl.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: id, IpPermissions: []types.IpPermission{port(22, "203.0.113.0/24", "192.0.2.1/32")}}))
	if len(revoked.UnknownIpPermissions) != 1 || len(revoked.RevokedSecurityGroupRules) != 1 {
		t.Errorf("revoked %+v", revoked)
	}
	g := must[*ec2.DescribeSecurityGroupsOutput](t)(cl.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filters("group-name", "jupyter", "tag:jupyter-ec2", "*")})).SecurityGroups[0]
	var have []string
	for _, p := range g.IpPermissions {
		have = append(have, fmt.Sprint(*p.FromPort, "-", *p.ToPort, " ", *p.IpRanges[0].CidrIp))
	}
	if want := []string{"22-22 198.51.100.7/32", "8888-8888 198.51.100.8/32"}; !slices.Equal(have, want) {
		t.Errorf("open %v, want %v", have, want)
	}
	listed := must[*ec2.DescribeSecurityGroupRulesOutput](t)(cl.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filters("group-id", *id)})).SecurityGroupRules
	if len(listed) != 3 || !*listed[2].IsEgress {
		t.Errorf("%d rules listed, want 2 in and 1 out", len(listed))
	}
	must[*ec2.RevokeSecurityGroupIngressOutput](t)(cl.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: id, SecurityGroupRuleIds: []string{*listed[0].SecurityGroupRuleId}}))
	must[*ec2.DeleteSecurityGroupOutput](t)(cl.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: id}))
	_, err = cl.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: id})
	wantCode(t, "deleting it again", err, "InvalidGroup.NotFound")
	_, err = cl.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupName: str("default")})
	wantCode(t, "deleting the default group", err, "CannotDelete")
}

func TestNetwork(t *testing.T) {
	cl, ctx := ec2Client(open(t, ec2sim.Options{NoDefaultVPC: true}), "us-east-1"), t.Context()
	_, err := cl.RunInstances(ctx, runInput(t, cl, "x"))
	wantCode(t, "launching without a VPC", err, "VPCIdNotSpecified")
	vpc := must[*ec2.CreateDefaultVpcOutput](t)(cl.CreateDefaultVpc(ctx, nil)).Vpc
	_, err = cl.CreateDefaultVpc(ctx, nil)
	wantCode(t, "creating it again", err, "DefaultVpcAlreadyExists")
	vpcs := must[*ec2.DescribeVpcsOutput](t)(cl.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: filters("is-default", "true")})).Vpcs
	if len(vpcs) != 1 || *vpcs[0].VpcId != *vpc.VpcId || !*vpcs[0].IsDefault {
		t.Errorf("default VPCs %+v", vpcs)
	}
	nets := must[*ec2.DescribeSubnetsOutput](t)(cl.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: filters("vpc-id", *vpc.VpcId, "default-for-az", "true")})).Subnets
	tables := must[*ec2.DescribeRouteTablesOutput](t)(cl.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filters("vpc-id", *vpc.VpcId, "association.main", "true")})).RouteTables
	if len(nets) != 6 || len(tables) != 1 || !strings.HasPrefix(*tables[0].Routes[1].GatewayId, "igw-") {
		t.Errorf("%d subnets, tables %+v", len(nets), tables)
	}
	in := runInput(t, cl, "x")
	in.SubnetId = nets[4].SubnetId // us-east-1e
	_, err = cl.RunInstances(ctx, in)
	wantCode(t, "launching in us-east-1e", err, "Unsupported")
	in.SubnetId = nets[1].SubnetId
	i := launch(t, cl, in)
	if *i.Placement.AvailabilityZone != "us-east-1b" || !strings.HasPrefix(*i.PrivateIpAddress, "172.31.16.") {
		t.Errorf("launched in %s at %s", *i.Placement.AvailabilityZone, *i.PrivateIpAddress)
	}
}

func TestTags(t *testing.T) {
	cl, ctx := ec2Client(open(t, ec2sim.Options{}), "us-east-1"), t.Context()
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId
	must[*ec2.CreateTagsOutput](t)(cl.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: str("Name"), Value: str("other & <odd>")}}}))
	must[*ec2.DeleteTagsOutput](t)(cl.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: str("jupyter-ec2")}}}))
	tags := must[*ec2.DescribeTagsOutput](t)(cl.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: filters("resource-id", id)})).Tags
	if len(tags) != 1 || *tags[0].Value != "other & <odd>" || tags[0].ResourceType != types.ResourceTypeInstance {
		t.Errorf("tags %+v", tags)
	}
	for want, bad := range map[string]types.Tag{"InvalidParameterValue": {Key: str("aws:x"), Value: str("")}} {
		_, err := cl.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: []types.Tag{bad}})
		wantCode(t, "tagging with "+*bad.Key, err, want)
	}
	_, err := cl.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{"sg-0123456789abcdef0"}, Tags: tagsOf("a", "b")})
	wantCode(t, "tagging nothing", err, "InvalidGroup.NotFound")
}

func tagsOf(key, value string) []types.Tag { return []types.Tag{{Key: &key, Value: &value}} }

func TestMFA(t *testing.T) {
	for _, on := range []bool{true, false} {
		cl := iam.NewFromConfig(config(open(t, ec2sim.Options{MFA: on}), "us-east-1"))
		summary := must[*iam.GetAccountSummaryOutput](t)(cl.GetAccountSummary(t.Context(), nil))
		devices := must[*iam.ListMFADevicesOutput](t)(cl.ListMFADevices(t.Context(), &iam.ListMFADevicesInput{UserName: str("sandbox")}))
		if (summary.SummaryMap["AccountMFAEnabled"] == 1) != on || (len(devices.MFADevices) == 1) != on {
			t.Errorf("MFA %v: %v, %d devices", on, summary.SummaryMap, len(devices.MFADevices))
		}
	}
	cl := iam.NewFromConfig(config(open(t, ec2sim.Options{}), "us-east-1"))
	_, err := cl.ListMFADevices(t.Context(), &iam.ListMFADevicesInput{UserName: str("nobody")})
	wantCode(t, "another user's devices", err, "NoSuchEntity")
}

func TestCheckIP(t *testing.T) {
	c := open(t, ec2sim.Options{})
	r := must[*http.Request](t)(http.NewRequestWithContext(context.Background(), http.MethodGet, "http://sandbox.invalid/checkip", nil))
	res, err := c.HTTPClient().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	var ip string
	if _, err := fmt.Fscanln(res.Body, &ip); err != nil || ip != "127.0.0.1" {
		t.Errorf("address %q, %v", ip, err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
}
