package ec2sim

import (
	"slices"
	"strconv"
	"strings"
)

type describeInstancesIn struct {
	page
	InstanceId []string
	Filter     []filter
}

type describeInstancesOut struct {
	Reservations []*reservation `xml:"reservationSet>item"`
	NextToken    string         `xml:"nextToken,omitempty"`
}

type reservation struct {
	ID        string          `xml:"reservationId"`
	Owner     string          `xml:"ownerId"`
	Instances []*instanceInfo `xml:"instancesSet>item"`
}

type groupRef struct {
	ID   string `xml:"groupId"`
	Name string `xml:"groupName"`
}

type stateInfo struct {
	Code int    `xml:"code"`
	Name string `xml:"name"`
}

type instanceInfo struct {
	ID           string         `xml:"instanceId"`
	Image        string         `xml:"imageId"`
	State        stateInfo      `xml:"instanceState"`
	PrivateDNS   string         `xml:"privateDnsName"`
	PublicDNS    string         `xml:"dnsName"`
	Transition   string         `xml:"reason"`
	KeyName      string         `xml:"keyName,omitempty"`
	LaunchIndex  int            `xml:"amiLaunchIndex"`
	Type         string         `xml:"instanceType"`
	Launched     string         `xml:"launchTime"`
	Placement    placement      `xml:"placement"`
	Monitoring   string         `xml:"monitoring>state"`
	Subnet       string         `xml:"subnetId,omitempty"`
	VPC          string         `xml:"vpcId,omitempty"`
	PrivateIP    string         `xml:"privateIpAddress,omitempty"`
	PublicIP     string         `xml:"ipAddress,omitempty"`
	Groups       []groupRef     `xml:"groupSet>item"`
	StateReason  *stateReason   `xml:"stateReason"`
	Arch         string         `xml:"architecture"`
	RootType     string         `xml:"rootDeviceType"`
	RootName     string         `xml:"rootDeviceName"`
	Disks        []diskInfo     `xml:"blockDeviceMapping>item"`
	Virtual      string         `xml:"virtualizationType"`
	ClientToken  string         `xml:"clientToken,omitempty"`
	Tags         []tag          `xml:"tagSet>item"`
	Hypervisor   string         `xml:"hypervisor"`
	Interfaces   []interfaceRef `xml:"networkInterfaceSet>item"`
	EBSOptimized bool           `xml:"ebsOptimized"`
	ENA          bool           `xml:"enaSupport"`
	Metadata     metadataInfo   `xml:"metadataOptions"`
	Platform     string         `xml:"platformDetails"`
	CPU          cpuOptions     `xml:"cpuOptions"`
}

type placement struct {
	Zone    string `xml:"availabilityZone"`
	ZoneID  string `xml:"availabilityZoneId"`
	Tenancy string `xml:"tenancy"`
}

type cpuOptions struct {
	Cores   int `xml:"coreCount"`
	Threads int `xml:"threadsPerCore"`
}

type stateReason struct {
	Code    string `xml:"code"`
	Message string `xml:"message"`
}

type diskInfo struct {
	Device   string `xml:"deviceName"`
	Volume   string `xml:"ebs>volumeId"`
	Status   string `xml:"ebs>status"`
	Attached string `xml:"ebs>attachTime"`
	Delete   bool   `xml:"ebs>deleteOnTermination"`
}

type interfaceRef struct {
	ID         string       `xml:"networkInterfaceId"`
	Subnet     string       `xml:"subnetId"`
	VPC        string       `xml:"vpcId"`
	Owner      string       `xml:"ownerId"`
	Status     string       `xml:"status"`
	PrivateIP  string       `xml:"privateIpAddress"`
	Groups     []groupRef   `xml:"groupSet>item"`
	Attachment string       `xml:"attachment>attachmentId"`
	Device     int          `xml:"attachment>deviceIndex"`
	Delete     bool         `xml:"attachment>deleteOnTermination"`
	Public     *association `xml:"association"`
}

type association struct {
	IP    string `xml:"publicIp"`
	DNS   string `xml:"publicDnsName"`
	Owner string `xml:"ipOwnerId"`
}

type metadataInfo struct {
	State    string `xml:"state"`
	Tokens   string `xml:"httpTokens"`
	Hops     int    `xml:"httpPutResponseHopLimit"`
	Endpoint string `xml:"httpEndpoint"`
	Tags     string `xml:"instanceMetadataTags"`
}

func describeInstances(c *call, in *describeInstancesIn) (*describeInstancesOut, error) {
	if len(in.InstanceId) > 0 && in.MaxResults != nil {
		return nil, refuse("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults")
	}
	all := slices.DeleteFunc(slices.Clone(c.region.Instances), c.hidden)
	var err error
	if len(in.InstanceId) > 0 {
		if all, err = c.visible(in.InstanceId); err != nil {
			return nil, err
		}
	}
	all, err = sift(all, in.Filter, c.instanceAttribute, c.instanceTags)
	if err != nil {
		return nil, err
	}
	out := &describeInstancesOut{}
	if all, out.NextToken, err = paged(c, in.page, all, 5, 1000); err != nil {
		return nil, err
	}
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Reservation == all[0].Reservation {
			n++
		}
		out.Reservations = append(out.Reservations, c.reservation(all[:n]))
		all = all[n:]
	}
	return out, nil
}

// hidden reports whether a new instance is not found yet: EC2 is only eventually
// consistent.
func (c *call) hidden(i *instance) bool {
	return c.now.Before(i.Created.Add(c.cloud.opts.Timing.Visible))
}

// visible are the instances with those IDs, each once.
func (c *call) visible(ids []string) ([]*instance, error) {
	found, err := c.region.instancesByID(ids)
	if err != nil {
		return nil, err
	}
	for _, i := range found {
		if c.hidden(i) {
			return nil, noInstance(i.ID)
		}
	}
	return found, nil
}

func (r *region) instancesByID(ids []string) ([]*instance, error) {
	var found []*instance
	for _, id := range ids {
		if len(id) < 10 || !strings.HasPrefix(id, "i-") || strings.Trim(id[2:], "0123456789abcdef") != "" {
			return nil, refuse("InvalidInstanceID.Malformed", "Invalid id: \"%s\"", id)
		}
		i := r.instance(id)
		if i == nil {
			return nil, noInstance(id)
		}
		if !slices.Contains(found, i) {
			found = append(found, i)
		}
	}
	return found, nil
}

func noInstance(id string) error {
	return refuse("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", id)
}

// instanceTags are the tags as answered: with the SSH port where it is none
// that a client would expect.
func (c *call) instanceTags(i *instance) map[string]string {
	tags := map[string]string{}
	for k, v := range c.region.Tags[i.ID] {
		tags[k] = v
	}
	if i.SSHPort != 0 && i.SSHPort != 22 {
		tags[SSHPortTag] = strconv.Itoa(i.SSHPort)
	}
	return tags
}

func (c *call) instanceAttribute(i *instance, name string) ([]string, bool) {
	switch name {
	case "instance-id":
		return []string{i.ID}, true
	case "instance-state-name":
		return []string{i.State}, true
	case "instance-state-code":
		return []string{strconv.Itoa(stateCode(i.State))}, true
	case "instance-type":
		return []string{i.Type}, true
	case "image-id":
		return []string{i.Image}, true
	case "key-name":
		return []string{i.KeyName}, true
	case "client-token":
		return []string{i.ClientToken}, true
	case "reservation-id":
		return []string{i.Reservation}, true
	case "availability-zone":
		return []string{i.Zone}, true
	case "vpc-id":
		return []string{i.VPC}, true
	case "subnet-id":
		return []string{i.Subnet}, true
	case "ip-address":
		ip, _ := i.public()
		return []string{ip}, true
	case "dns-name":
		_, name := i.public()
		return []string{name}, true
	case "private-ip-address":
		return []string{i.PrivateIP}, true
	case "instance.group-id", "network-interface.group-id":
		return i.Groups, true
	case "instance.group-name":
		var names []string
		for _, g := range c.groupRefs(i) {
			names = append(names, g.Name)
		}
		return names, true
	}
	return nil, false
}

// reservation is the answer for instances launched together.
func (c *call) reservation(instances []*instance) *reservation {
	r := &reservation{Owner: c.cloud.opts.Account}
	for _, i := range instances {
		r.ID = i.Reservation
		r.Instances = append(r.Instances, c.instanceInfo(i))
	}
	return r
}

func (c *call) groupRefs(i *instance) []groupRef {
	var refs []groupRef
	for _, id := range i.Groups {
		if g, err := c.region.groupByID(id); err == nil {
			refs = append(refs, groupRef{g.ID, g.Name})
		}
	}
	return refs
}

func (c *call) instanceInfo(i *instance) *instanceInfo {
	kind, _ := typeNamed(i.Type)
	g, _ := geoOf(c.regionName)
	info := &instanceInfo{
		ID: i.ID, Image: i.Image, State: stateInfo{stateCode(i.State), i.State}, KeyName: i.KeyName, LaunchIndex: i.LaunchIndex,
		Type: i.Type, Launched: wireTime(i.Launched), Placement: placement{i.Zone, g.zoneID(i.Zone), "default"},
		Monitoring: "disabled", Arch: kind.arch(), RootType: "ebs", RootName: "/dev/sda1", Virtual: "hvm", Hypervisor: "xen",
		ClientToken: i.ClientToken, Tags: wireTags(c.instanceTags(i)), EBSOptimized: i.EBSOptimized, ENA: true, Platform: "Linux/UNIX",
		Metadata: metadataInfo{"applied", i.HTTPTokens, i.HopLimit, i.HTTPEndpoint, i.MetadataTags},
		CPU:      cpuOptions{kind.vcpu / kind.threads(), kind.threads()},
	}
	if i.State == statePending {
		info.StateReason = &stateReason{"pending", "pending"}
	}
	if i.ReasonCode != "" {
		info.StateReason = &stateReason{i.ReasonCode, i.ReasonCode + ": " + i.Reason}
	}
	if !i.Asked.IsZero() {
		info.Transition = "User initiated (" + i.Asked.UTC().Format("2006-01-02 15:04:05 GMT") + ")"
	}
	if i.State == stateTerminated {
		return info
	}
	info.Subnet, info.VPC, info.PrivateIP, info.Groups = i.Subnet, i.VPC, i.PrivateIP, c.groupRefs(i)
	info.PrivateDNS = privateName(i.PrivateIP, g.name)
	// A pending instance has no public address yet where the host decides it.
	if i.State != statePending {
		info.PublicIP, info.PublicDNS = i.public()
	}
	for _, v := range i.Volumes {
		info.Disks = append(info.Disks, diskInfo{v.Device, v.ID, "attached", wireTime(v.Created), v.DeleteOnTermination})
	}
	card := interfaceRef{
		ID: i.ENI, Subnet: i.Subnet, VPC: i.VPC, Owner: c.cloud.opts.Account, Status: "in-use", PrivateIP: i.PrivateIP,
		Groups: info.Groups, Attachment: i.ENIAttachment, Delete: true,
	}
	if info.PublicIP != "" {
		card.Public = &association{info.PublicIP, info.PublicDNS, "amazon"}
	}
	info.Interfaces = []interfaceRef{card}
	return info
}

// public is the instance's public address and its name, where it has one.
func (i *instance) public() (ip, name string) {
	if i.Private {
		return "", ""
	}
	return i.PublicIP, i.PublicDNS
}

// publicName is the DNS name that EC2 gives a public address.
func publicName(ip, region string) string {
	name := "ec2-" + strings.ReplaceAll(ip, ".", "-")
	if region == "us-east-1" {
		return name + ".compute-1.amazonaws.com"
	}
	return name + "." + region + ".compute.amazonaws.com"
}

func privateName(ip, region string) string {
	name := "ip-" + strings.ReplaceAll(ip, ".", "-")
	if region == "us-east-1" {
		return name + ".ec2.internal"
	}
	return name + "." + region + ".compute.internal"
}
