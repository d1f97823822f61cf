//! A metrics page, parsed as strictly as Prometheus does.

use std::collections::{BTreeMap, HashMap, HashSet};

/// The response to `GET /metrics`.
pub struct Page {
    /// The type of each metric.
    pub kinds: HashMap<String, String>,
    pub samples: Vec<Sample>,
}

#[derive(Debug, Clone)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Page {
    pub async fn of(monitoring: &str) -> Self {
        let response = reqwest::get(format!("{monitoring}/metrics")).await.unwrap();
        assert_eq!(response.status(), 200);
        let media = response.headers()["content-type"].to_str().unwrap();
        assert!(media.starts_with("text/plain"), "{media}");
        Self::parse(&response.text().await.unwrap())
    }

    pub fn parse(text: &str) -> Self {
        let mut kinds = HashMap::new();
        let mut samples: Vec<Sample> = Vec::new();
        let mut finished = HashSet::new();
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(
                    kinds.insert(name.to_owned(), kind.to_owned()).is_none(),
                    "{line}"
                );
            } else if !line.starts_with("# HELP ") {
                samples.push(Sample::parse(line));
            }
        }
        let page = Self { kinds, samples };
        // The samples of a metric are contiguous, and no two have the same labels.
        let mut seen = HashSet::new();
        let mut last = String::new();
        for sample in &page.samples {
            let family = page.family(&sample.name);
            if family != last {
                assert!(
                    finished.insert(family.clone()),
                    "{family} is not contiguous"
                );
                last = family;
            }
            let series = (sample.name.clone(), sample.labels.clone());
            assert!(seen.insert(series.clone()), "twice: {series:?}");
        }
        page
    }

    /// The name of the metric that a sample belongs to.
    fn family(&self, name: &str) -> String {
        for suffix in ["_bucket", "_sum", "_count"] {
            let of = name.strip_suffix(suffix);
            if let Some(of) =
                of.filter(|of| self.kinds.get(*of).is_some_and(|kind| kind == "histogram"))
            {
                return of.to_owned();
            }
        }
        assert!(self.kinds.contains_key(name), "{name} has no type");
        name.to_owned()
    }

    /// Whether the page has this metric, suffixes of histograms included.
    pub fn has(&self, name: &str) -> bool {
        let histogram = |of: &str| self.kinds.get(of).is_some_and(|kind| kind == "histogram");
        let parts = ["_bucket", "_sum", "_count"];
        match parts.iter().find_map(|part| name.strip_suffix(part)) {
            Some(of) if histogram(of) => true,
            _ => self.kinds.contains_key(name) && !histogram(name),
        }
    }

    /// The sum of the samples that have these labels, among others.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |sample: &&Sample| {
            let mut labels = labels.iter();
            sample.name == name
                && labels.all(|(key, value)| sample.labels.get(*key).is_some_and(|is| is == value))
        };
        self.samples
            .iter()
            .filter(fits)
            .map(|sample| sample.value)
            .sum()
    }

    /// The values of a label in the samples with this name.
    pub fn values(&self, name: &str, label: &str) -> HashSet<String> {
        let of_name = self.samples.iter().filter(|sample| sample.name == name);
        of_name.map(|sample| sample.labels[label].clone()).collect()
    }
}

impl Sample {
    /// `name{label="value",…} number`
    fn parse(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        let (name, labels) = match series.split_once('{') {
            None => (series, BTreeMap::new()),
            Some((name, labels)) => (name, labels_of(labels.strip_suffix('}').unwrap())),
        };
        let fit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
        assert!(!name.is_empty() && name.bytes().all(fit), "{line}");
        Self {
            name: name.to_owned(),
            labels,
            value: value
                .replace("Inf", "inf")
                .parse()
                .unwrap_or_else(|_| panic!("{line}")),
        }
    }
}

fn labels_of(mut rest: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").unwrap();
        let mut end = 0;
        while !value[end..].starts_with('"') {
            end += if value[end..].starts_with('\\') { 2 } else { 1 };
        }
        assert!(
            labels
                .insert(name.to_owned(), value[..end].to_owned())
                .is_none(),
            "{rest}"
        );
        rest = value[end + 1..].trim_start_matches(',');
    }
    labels
}
