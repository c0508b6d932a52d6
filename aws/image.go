package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	canonical = "099720109477" // Canonical's account: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
	rootDisk  = "/dev/sda1"    // root device of Canonical's images
)

// Image resolves the newest Ubuntu image of a release ("24.04") for an
// architecture ("amd64", "arm64"): through Canonical's SSM parameters, else by
// searching Canonical's images.
func (r *Regional) Image(ctx context.Context, release, arch string) (Image, error) {
	doing := "find the Ubuntu " + release + " image for " + arch
	codename, disk := ubuntu(release)
	if codename == "" || arch != "amd64" && arch != "arm64" {
		return Image{}, &Error{Doing: doing, Code: "InvalidParameterValue", Message: fmt.Sprintf("no Ubuntu %q for %q", release, arch), Region: r.name}
	}
	img := Image{Release: release, Arch: arch, Source: "ssm", Root: rootDisk}
	param := "/aws/service/canonical/ubuntu/server/" + release + "/stable/current/" + arch + "/hvm/" + disk + "/ami-id"
	var found struct{ Parameter struct{ Value string } }
	if r.account.call(ctx, parameterStore(), r.name, "GetParameter", map[string]string{"Name": param}, &found) == nil && found.Parameter.Value != "" {
		img.ID = found.Parameter.Value
		list, err := r.images(ctx, &ec2.DescribeImagesInput{ImageIds: []string{img.ID}})
		switch {
		case err == nil && len(list) > 0:
			return img.from(list[0]), nil
		case err != nil && codeOf(err) != "InvalidAMIID.NotFound":
			return img, ctx.Err() // not permitted to look: the ID alone will do
		}
	}
	return r.searchImage(ctx, doing, img, "ubuntu/images/"+imageFolder(disk)+"/ubuntu-"+codename+"-"+release+"-"+arch+"-server-*")
}

func (r *Regional) searchImage(ctx context.Context, doing string, img Image, name string) (Image, error) {
	found, err := r.images(ctx, &ec2.DescribeImagesInput{
		Owners:  []string{canonical},
		Filters: []types.Filter{filter("name", name), filter("state", "available")},
	})
	if err != nil {
		return Image{}, r.fail(ctx, doing, err)
	}
	if len(found) == 0 {
		return Image{}, r.own(codeNoImage, doing, "no image is named "+name)
	}
	newest := found[0]
	for _, f := range found {
		// ISO 8601 in UTC, so the order of the texts is that of the times.
		if sdk.ToString(f.CreationDate) > sdk.ToString(newest.CreationDate) {
			newest = f
		}
	}
	img.Source = "describe-images"
	return img.from(newest), nil
}

func (r *Regional) images(ctx context.Context, in *ec2.DescribeImagesInput) ([]types.Image, error) {
	var all []types.Image
	pages := ec2.NewDescribeImagesPaginator(r.ec2, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Images...)
	}
	return all, nil
}

func (i Image) from(found types.Image) Image {
	i.ID, i.Name = sdk.ToString(found.ImageId), sdk.ToString(found.Name)
	if root := sdk.ToString(found.RootDeviceName); root != "" {
		i.Root = root
	}
	return i
}

// ubuntu returns a release's code name and the disk kind its images are
// published for; newer ones for gp3, though all of them launch on gp3.
func ubuntu(release string) (codename, disk string) {
	switch release {
	case "20.04":
		return "focal", "ebs-gp2"
	case "22.04":
		return "jammy", "ebs-gp2"
	case "24.04":
		return "noble", "ebs-gp3"
	case "26.04":
		return "resolute", "ebs-gp3"
	}
	return "", ""
}

func imageFolder(disk string) string {
	if disk == "ebs-gp3" {
		return "hvm-ssd-gp3"
	}
	return "hvm-ssd"
}
