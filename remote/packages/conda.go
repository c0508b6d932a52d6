package packages

import (
	"path"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// condaNames, never changed, are packages that are the same on conda and on PyPI, by conda's
// name; where PyPI has another name for one, that is the value. A package that
// is not among them is none of PyPI's, as far as is known here: one that has
// its name there may be another program, or a trap.
var condaNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{
		"pytorch": "torch", "pytorch-cpu": "torch", "matplotlib-base": "matplotlib", "python-graphviz": "graphviz",
		"opencv": "opencv-python-headless", "py-opencv": "opencv-python-headless", "pytables": "tables",
		"py-xgboost": "xgboost", "dask-core": "dask", "ray-default": "ray[default]", "msgpack-python": "msgpack",
		"importlib_metadata": "importlib-metadata", "typing_extensions": "typing-extensions", "prompt_toolkit": "prompt-toolkit",
		"tensorflow-base": "tensorflow", "tensorflow-cpu": "tensorflow", "jupyterlab_widgets": "jupyterlab-widgets",
		"ruamel.yaml": "ruamel.yaml", "snowflake-connector-python": "snowflake-connector-python", "huggingface_hub": "huggingface-hub",
		"protobuf": "protobuf", "grpcio": "grpcio", "pymysql": "pymysql", "psycopg2": "psycopg2-binary", "pyqt": "PyQt5",
	}
	for name := range strings.FieldsSeq(`
		aiohttp altair anndata arviz astropy attrs autograd bambi beautifulsoup4 biopython black bokeh boto3 botocore
		bottleneck cartopy catboost certifi cftime click cloudpickle colorama coverage cryptography cvxpy cython dash
		dask datasets datashader deap distributed duckdb einops emcee evaluate fastapi fastparquet filelock fiona
		flake8 flask folium fsspec gensim geopandas geopy ggplot gitpython gradio gym gymnasium h5netcdf h5py
		holoviews httpx hvplot hypothesis ibis-framework imageio imbalanced-learn intake ipdb ipykernel ipyleaflet
		ipympl ipython ipywidgets isort jax jinja2 joblib jsonschema jupyter jupyterlab jupytext keras langchain
		librosa lifelines lightgbm lightning llvmlite loguru lxml mapclassify matplotlib mlflow mypy
		nbconvert nbformat netcdf4 networkx nibabel nilearn nltk notebook numba numexpr numpy omegaconf openpyxl
		optuna orjson osmnx packaging pandas pandera panel papermill patsy pillow pingouin plotly plotnine polars
		pooch prophet psutil psycopg pyarrow pydantic pyproj pyshp pyspark pytest pytest-cov python-dateutil
		python-dotenv pytorch-lightning pytz pywavelets pyyaml rasterio ray redis regex requests rich rioxarray ruff
		s3fs safetensors scanpy scikit-image scikit-learn scipy seaborn sentencepiece shap shapely simpy six
		spacy sqlalchemy statsmodels streamlit sympy tabulate tenacity tensorboard tensorflow threadpoolctl tokenizers toml
		toolz torchaudio torchvision tornado tqdm traitlets transformers typer umap-learn urllib3 uvicorn vega
		voila wheel widgetsnbextension xarray xgboost xlrd xlsxwriter xlwt yfinance zarr`) {
		names[name] = name
	}
	return names
})

// environmentFile is what is read of an environment.yml.
type environmentFile struct {
	Dependencies []yaml.Node `yaml:"dependencies"`
}

// readEnvironment reads environment.yml: its pip part, and of conda's packages
// those that are known to be PyPI's too. The others are left, by name.
func (n *Needs) readEnvironment(f *folder) error {
	for _, name := range []string{"environment.yml", "environment.yaml"} {
		text, ok, err := f.read(name)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		var env environmentFile
		if err := yaml.Unmarshal(text, &env); err != nil {
			return &FileError{name, err}
		}
		n.Kind, n.File = Environment, name
		for _, d := range env.Dependencies {
			var conda string
			var pip struct {
				Pip []string `yaml:"pip"`
			}
			switch {
			case d.Kind == yaml.ScalarNode && d.Decode(&conda) == nil:
				n.needConda(conda)
			case d.Kind == yaml.MappingNode && d.Decode(&pip) == nil:
				for _, line := range logicalLines(strings.Join(pip.Pip, "\n")) {
					f.refers(line)
					if err := n.needPip(f, line); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	return nil
}

// needPip asks for what a line of the pip part says.
func (n *Needs) needPip(f *folder, line string) error {
	switch name, value := option(line); name {
	case "":
		r, err := parseRequirement(line)
		switch {
		case err == nil:
			n.need(r)
		case strings.Contains(line, "://"): // it may have a password, as below
			n.lines = append(n.lines, line)
		case strings.HasPrefix(line, "."):
			n.args = append(n.args, line)
		default:
			n.leave(line, "its line in "+n.File+" is no requirement")
		}
	case "-r", "--requirement":
		n.args = append(n.args, "-r", value)
		return n.namesOf(f, path.Clean(value), nil)
	case "-e", "--editable":
		if strings.Contains(value, "://") {
			n.lines = append(n.lines, line)
			return nil
		}
		n.args = append(n.args, "-e", value)
		if value == "." {
			n.Local = localName(f)
		}
	default: // an index: it may have a password, which belongs into no argument
		n.lines = append(n.lines, line)
	}
	return nil
}

// condaPattern is how conda names a package: channel, name, and versions.
var condaPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[\w./:-]+::)?([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(?:\[[^\]]*\])?\s*(.*)$`)
})

// needConda asks for one of conda's packages, or leaves it.
func (n *Needs) needConda(text string) {
	m := condaPattern().FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		n.leave(text, "its line in "+n.File+" names no package")
		return
	}
	name := strings.ToLower(m[1])
	spec, ok := condaSpec(m[2])
	pypi, known := condaNames()[name]
	switch {
	case name == "pip" || name == "setuptools" && spec == "":
	case name == "python":
		n.condaPython(m[2], spec)
	case !known:
		n.leave(name, "it is conda's; by its name alone it cannot be told whether PyPI has it")
	case !ok:
		n.leave(name, "its versions "+m[2]+" cannot be asked of PyPI")
	default:
		r, err := parseRequirement(pypi + spec)
		if err != nil {
			n.leave(name, "its versions "+m[2]+" cannot be asked of PyPI")
			return
		}
		n.need(r)
	}
}

// condaPython notes which Python is asked for.
func (n *Needs) condaPython(text, spec string) {
	if minor := minorOf(strings.TrimLeft(text, "=~ ")); minor != "" && !strings.ContainsAny(text, "<>!,|") {
		n.Prefer = minor
		return
	}
	n.Requires = spec
}

var condaPart = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(==?|~=|!=|>=|<=|>|<|)\s*([0-9][A-Za-z0-9.!+]*?)(\.?\*)?$`)
})

// condaSpec is a match of versions in conda's language as PyPI's; a build is
// conda's own and left out.
func condaSpec(text string) (spec string, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" || text == "*" {
		return "", true
	}
	if strings.Contains(text, "|") {
		return "", false
	}
	var parts []string
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		op := part[:len(part)-len(strings.TrimLeft(part, "=~!<> "))]
		version, _, build := strings.Cut(strings.Join(strings.Fields(part[len(op):]), "="), "=")
		m := condaPart().FindStringSubmatch(strings.TrimSpace(op) + version)
		switch {
		case m == nil:
			return "", false
		case m[1] == "=" && !build && m[3] == "", m[1] == "" && m[3] != "":
			parts = append(parts, "=="+m[2]+".*") // 1.2 is all of 1.2
		case m[1] == "=" || m[1] == "":
			parts = append(parts, "=="+m[2])
		case m[3] != "" && (m[1] == "==" || m[1] == "!="):
			parts = append(parts, m[1]+m[2]+".*")
		default: // >=1.2.* is >=1.2
			parts = append(parts, m[1]+m[2])
		}
	}
	return strings.Join(parts, ","), true
}
