package ec2sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

type runIn struct {
	ImageId, InstanceType, KeyName, SubnetId, ClientToken string
	MinCount, MaxCount                                    *int
	SecurityGroupId, SecurityGroup                        []string
	UserData, PrivateIpAddress                            string
	InstanceInitiatedShutdownBehavior                     string
	DisableApiTermination, DisableApiStop, EbsOptimized   bool
	BlockDeviceMapping                                    []diskIn
	NetworkInterface                                      []interfaceIn
	TagSpecification                                      []tagSpec
	Monitoring                                            struct{ Enabled bool }
	Placement                                             struct{ AvailabilityZone, Tenancy string }
	CreditSpecification                                   struct{ CpuCredits string }
	MetadataOptions                                       metadataIn
}

type metadataIn struct {
	HttpTokens, HttpEndpoint, HttpProtocolIpv6, InstanceMetadataTags string
	HttpPutResponseHopLimit                                          *int
}

type diskIn struct {
	DeviceName string
	Ebs        struct {
		VolumeSize, Iops, Throughput     *int
		VolumeType, SnapshotId, KmsKeyId string
		Encrypted, DeleteOnTermination   *bool
	}
}

type interfaceIn struct {
	DeviceIndex              int
	SubnetId, Description    string
	SecurityGroupId          []string
	AssociatePublicIpAddress *bool
	DeleteOnTermination      *bool
	PrivateIpAddress         string
}

// launch is a checked RunInstances request.
type launch struct {
	in          *runIn
	kind        instanceType
	image       *image
	key         *keyPair // nil without
	vpc         *vpc
	subnet      *subnet
	groups      []string
	volumes     []volume
	userData    []byte
	tags        map[string]map[string]string // by kind of resource
	least, most int
}

func runInstances(c *call, in *runIn) (*reservation, error) {
	// EC2 looks the token up first: a repeated request succeeds even when
	// what it names is gone since.
	hash := requestHash(c.form)
	if used, ok := c.region.Tokens[in.ClientToken]; ok && in.ClientToken != "" && !c.dryRun {
		if used.Hash != hash {
			return nil, refuse("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
		}
		var again []*instance
		for _, id := range used.Instances {
			if i := c.region.instance(id); i != nil {
				again = append(again, i)
			}
		}
		return c.reservation(again), nil
	}
	l, err := c.checkLaunch(in)
	if err != nil {
		return nil, err
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	var launched []*instance
	id := newID("r")
	for n := range l.most {
		i, err := c.launch(l, n)
		if err != nil {
			if n >= l.least {
				break
			}
			return nil, err
		}
		i.Reservation = id
		launched = append(launched, i)
	}
	if in.ClientToken != "" {
		token := launchToken{Hash: hash}
		for _, i := range launched {
			token.Instances = append(token.Instances, i.ID)
		}
		c.region.Tokens[in.ClientToken] = token
	}
	return c.reservation(launched), nil
}

// requestHash is of all parameters of a request but its ClientToken.
func requestHash(form url.Values) string {
	rest := url.Values{}
	for name, values := range form {
		if name != "ClientToken" && name != "DryRun" {
			rest[name] = values
		}
	}
	sum := sha256.Sum256([]byte(rest.Encode()))
	return hex.EncodeToString(sum[:])
}

// launch makes one instance, pending.
func (c *call) launch(l *launch, n int) (*instance, error) {
	i := &instance{
		ID: newID("i"), ClientToken: l.in.ClientToken, Created: c.now, LaunchIndex: n,
		Type: l.kind.name, Zone: l.subnet.Zone, Image: l.image.ID,
		VPC: l.vpc.ID, Subnet: l.subnet.ID, Private: !l.public(), ENI: newID("eni"), ENIAttachment: newID("eni-attach"), Groups: l.groups,
		ShutdownBehavior: cmp.Or(l.in.InstanceInitiatedShutdownBehavior, "stop"), UserData: l.userData,
		HTTPTokens: cmp.Or(l.in.MetadataOptions.HttpTokens, "optional"), HTTPEndpoint: cmp.Or(l.in.MetadataOptions.HttpEndpoint, "enabled"),
		MetadataTags: cmp.Or(l.in.MetadataOptions.InstanceMetadataTags, "disabled"), HopLimit: 1,
		NoTermination: l.in.DisableApiTermination, NoStop: l.in.DisableApiStop, EBSOptimized: l.in.EbsOptimized,
	}
	if hops := l.in.MetadataOptions.HttpPutResponseHopLimit; hops != nil {
		i.HopLimit = *hops
	}
	if l.key != nil {
		i.KeyName, i.PublicKey = l.key.Name, l.key.PublicKey
	}
	// The first four addresses of a subnet are AWS's own.
	c.cloud.state.Launches++
	i.PrivateIP = privateAddress(l.subnet.CIDR, c.cloud.state.Launches)
	for _, v := range l.volumes {
		v.ID, v.Created = newID("vol"), c.now
		i.Volumes = append(i.Volumes, &v)
	}
	if err := c.cloud.start(i, c.now); err != nil {
		return nil, err
	}
	c.region.Instances = append(c.region.Instances, i)
	c.region.tag(i.ID, l.tags["instance"])
	c.region.tag(i.ENI, l.tags["network-interface"])
	for _, v := range i.Volumes {
		c.region.tag(v.ID, l.tags["volume"])
	}
	return i, nil
}

// checkLaunch checks a request in about EC2's order.
func (c *call) checkLaunch(in *runIn) (*launch, error) {
	l := &launch{in: in, tags: map[string]map[string]string{}}
	for _, check := range []func(*call, *launch) error{checkCounts, checkImageAndType, checkKey, checkPlace, checkGroups, checkDisks, checkOptions, checkQuota} {
		if err := check(c, l); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func checkCounts(_ *call, l *launch) error {
	if l.in.MinCount == nil || l.in.MaxCount == nil {
		return refuse("MissingParameter", "The request must contain the parameter MinCount and MaxCount")
	}
	l.least, l.most = *l.in.MinCount, *l.in.MaxCount
	if l.least < 1 || l.most < l.least || l.most > 100 {
		return refuse("InvalidParameterValue", "Value (%d) for parameter maxCount is invalid.", l.most)
	}
	if len(l.in.ClientToken) > 64 {
		return refuse("InvalidParameterValue", "Value (%s) for parameter clientToken is invalid. Length exceeds maximum of 64.", l.in.ClientToken)
	}
	return nil
}

func checkImageAndType(c *call, l *launch) (err error) {
	if l.in.ImageId == "" {
		return refuse("MissingParameter", "The request must contain the parameter ImageId")
	}
	if l.image, err = c.launchable(l.in.ImageId); err != nil {
		return err
	}
	if l.kind, err = typeIn(cmp.Or(l.in.InstanceType, "m1.small"), c.regionName); err != nil {
		return err
	}
	if l.kind.arch() != l.image.Arch {
		return refuse("InvalidParameterValue", "The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.", l.kind.arch(), l.image.Arch)
	}
	g, _ := geoOf(c.regionName)
	if c.cloud.opts.FreePlan && !c.cloud.freeTier(l.kind, g) {
		return notFreeTier()
	}
	return nil
}

func notFreeTier() error {
	return refuse("InvalidParameterCombination", "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run 'describe-instance-types' with the filter 'free-tier-eligible=true'.")
}

func checkKey(c *call, l *launch) error {
	if l.in.KeyName == "" {
		return nil
	}
	if l.key = c.region.keyNamed(l.in.KeyName); l.key == nil {
		return refuse("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", l.in.KeyName)
	}
	return nil
}

// checkPlace finds the subnet: the one asked for, or the default VPC's in the
// zone asked for, or in the first zone that has the type.
func checkPlace(c *call, l *launch) (err error) {
	id := l.in.SubnetId
	if len(l.in.NetworkInterface) > 0 {
		if l.in.SubnetId != "" || len(l.in.SecurityGroupId) > 0 || len(l.in.NetworkInterface) > 1 {
			return refuse("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request")
		}
		id = l.in.NetworkInterface[0].SubnetId
	}
	g, _ := geoOf(c.regionName)
	zones := l.kind.zones(g)
	if id != "" {
		if l.subnet, l.vpc, err = c.region.subnetByID(id); err != nil {
			return err
		}
		if c.region.free(l.subnet) < l.least {
			return refuse("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.")
		}
		return unsupported(l.kind, l.subnet.Zone, zones)
	}
	if l.vpc = c.region.defaultVPC(); l.vpc == nil {
		return refuse("VPCIdNotSpecified", "")
	}
	zone := cmp.Or(l.in.Placement.AvailabilityZone, zones[0])
	if !slices.Contains(g.zoneNames(), zone) {
		return refuse("InvalidParameterValue", "Invalid availability zone: [%s]", zone)
	}
	if err := unsupported(l.kind, zone, zones); err != nil {
		return err
	}
	l.subnet = find(l.vpc.Subnets, func(s *subnet) bool { return s.Zone == zone && !s.Made })
	return nil
}

// public reports whether the instance gets a public address: as asked for, or
// else as its subnet does.
func (l *launch) public() bool {
	if cards := l.in.NetworkInterface; len(cards) > 0 && cards[0].AssociatePublicIpAddress != nil {
		return *cards[0].AssociatePublicIpAddress
	}
	return !l.subnet.Private
}

func unsupported(t instanceType, zone string, zones []string) error {
	if slices.Contains(zones, zone) {
		return nil
	}
	return refuse("Unsupported", "Your requested instance type (%s) is not supported in your requested Availability Zone (%s). Please retry your request by not specifying an Availability Zone or choosing %s.", t.name, zone, strings.Join(zones, ", "))
}

func checkGroups(c *call, l *launch) error {
	ids := slices.Clone(l.in.SecurityGroupId)
	if len(l.in.NetworkInterface) > 0 {
		ids = l.in.NetworkInterface[0].SecurityGroupId
	}
	for _, name := range l.in.SecurityGroup {
		g, err := c.region.groupNamed(name)
		if err != nil {
			return err
		}
		ids = append(ids, g.ID)
	}
	for _, id := range ids {
		g, err := c.region.groupByID(id)
		if err != nil {
			return err
		}
		if g.VPC != l.vpc.ID {
			return refuse("InvalidParameter", "Security group %s and subnet %s belong to different networks.", id, l.subnet.ID)
		}
	}
	if len(ids) == 0 {
		if g := find(c.region.Groups, func(g *group) bool { return g.VPC == l.vpc.ID && g.Name == "default" }); g != nil {
			ids = []string{g.ID}
		}
	}
	l.groups = ids
	return nil
}

func checkDisks(_ *call, l *launch) error {
	const rootName = "/dev/sda1"
	root := volume{Device: rootName, Size: l.image.rootGiB(), Kind: "gp2", DeleteOnTermination: true, Snapshot: l.image.Snapshot}
	l.volumes = []volume{root}
	for _, d := range l.in.BlockDeviceMapping {
		if d.DeviceName != rootName && d.Ebs.VolumeSize == nil {
			return refuse("InvalidBlockDeviceMapping", "The device '%s' has no volume size.", d.DeviceName)
		}
		v := volume{Device: d.DeviceName, Kind: "gp2", DeleteOnTermination: true}
		if d.DeviceName == rootName {
			v = root
		}
		if err := v.ask(d, root); err != nil {
			return err
		}
		if d.DeviceName == rootName {
			l.volumes[0] = v
		} else {
			l.volumes = append(l.volumes, v)
		}
	}
	return nil
}

func (v *volume) ask(d diskIn, root volume) error {
	if d.Ebs.VolumeSize != nil {
		v.Size = *d.Ebs.VolumeSize
	}
	v.Kind = cmp.Or(d.Ebs.VolumeType, v.Kind)
	v.Encrypted = value(d.Ebs.Encrypted)
	if d.Ebs.DeleteOnTermination != nil {
		v.DeleteOnTermination = *d.Ebs.DeleteOnTermination
	}
	if v.Device == root.Device && v.Size < root.Size {
		return refuse("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size >= %dGB", v.Size, root.Snapshot, root.Size)
	}
	return v.check()
}

// check refuses sizes and kinds that EC2 has not.
func (v *volume) check() error {
	switch {
	case v.Size < 1 || v.Size > 16384:
		return refuse("InvalidParameterValue", "Volume size of %d GiB is invalid; volume size must be between 1 and 16384 GiB.", v.Size)
	case !slices.Contains([]string{"gp2", "gp3", "io1", "io2", "standard", "st1", "sc1"}, v.Kind):
		return refuse("InvalidParameterValue", "Invalid value '%s' for VolumeType.", v.Kind)
	}
	return nil
}

func checkOptions(_ *call, l *launch) error {
	for _, o := range []struct {
		name, is string
		of       []string
	}{
		{"InstanceInitiatedShutdownBehavior", l.in.InstanceInitiatedShutdownBehavior, []string{"", "stop", "terminate"}},
		{"MetadataOptions.HttpTokens", l.in.MetadataOptions.HttpTokens, []string{"", "optional", "required"}},
		{"MetadataOptions.HttpEndpoint", l.in.MetadataOptions.HttpEndpoint, []string{"", "enabled", "disabled"}},
		{"MetadataOptions.InstanceMetadataTags", l.in.MetadataOptions.InstanceMetadataTags, []string{"", "enabled", "disabled"}},
		{"CreditSpecification.CpuCredits", l.in.CreditSpecification.CpuCredits, []string{"", "standard", "unlimited"}},
		{"Placement.Tenancy", l.in.Placement.Tenancy, []string{"", "default"}},
	} {
		if !slices.Contains(o.of, o.is) {
			return refuse("InvalidParameterValue", "Value (%s) for parameter %s is invalid.", o.is, o.name)
		}
	}
	var err error
	if l.userData, err = base64.StdEncoding.DecodeString(l.in.UserData); err != nil {
		return refuse("InvalidParameterValue", "Invalid BASE64 encoding of user data.")
	}
	if len(l.userData) > 16384 {
		return refuse("InvalidParameterValue", "User data is limited to 16384 bytes")
	}
	kinds := []string{"instance", "volume", "network-interface"}
	for _, kind := range kinds {
		tags, err := tagsFor(l.in.TagSpecification, kind, append(kinds, "spot-instances-request")...)
		if err != nil {
			return err
		}
		l.tags[kind] = tags
	}
	return nil
}
