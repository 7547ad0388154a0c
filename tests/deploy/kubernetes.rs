//! `deploy/kubernetes.yml`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::container::Container;
use crate::image::Image;
use crate::yaml::documents;
use crate::{Secrets, drain_time, text};

/// The one object of a kind, or the one of them called `name`.
fn object(kind: &str, name: Option<&str>) -> Value {
    let mut found = documents(&text("deploy/kubernetes.yml"));
    found.retain(|object| object["kind"] == kind && name.is_none_or(|name| object["metadata"]["name"] == name));
    let [object] = <[Value; 1]>::try_from(found).unwrap();
    object
}

fn pod() -> Value {
    object("Deployment", None)["spec"]["template"]["spec"].clone()
}

/// Writes what a ConfigMap holds, as the kubelet does: each file is a link through `..data` to a folder of its `version`.
fn write(folder: &Path, data: &Value, version: &str) {
    let files = folder.join(format!("..{version}"));
    fs::create_dir_all(&files).unwrap();
    for (name, text) in data.as_object().unwrap() {
        fs::write(files.join(name), text.as_str().unwrap()).unwrap();
        let link = folder.join(name);
        if !link.is_symlink() {
            symlink(Path::new("..data").join(name), link).unwrap();
        }
    }
    symlink(files.file_name().unwrap(), folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
}

/// The server as a pod would run it.
fn container(secrets: &Secrets) -> Container {
    let (pod, image) = (pod(), Image::read());
    let container = &pod["containers"][0];
    let mut variables = image.variables;
    for entry in container["env"].as_array().unwrap() {
        let value = entry["value"].as_str().map_or_else(
            || secrets.by_name[entry["valueFrom"]["secretKeyRef"]["key"].as_str().unwrap()].clone(),
            str::to_owned,
        );
        variables.insert(entry["name"].as_str().unwrap().to_owned(), value);
    }
    let arguments = container["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap().to_owned());
    let run = Container::new(arguments.collect(), variables);
    let volumes: BTreeMap<_, _> = pod["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|volume| (&volume["name"], volume))
        .map(|(name, volume)| (name.as_str().unwrap(), volume))
        .collect();
    for mount in container["volumeMounts"].as_array().unwrap() {
        assert_eq!(mount["readOnly"], true, "{mount}");
        let map = volumes[mount["name"].as_str().unwrap()]["configMap"]["name"].as_str().unwrap();
        write(&run.path(mount["mountPath"].as_str().unwrap()), &object("ConfigMap", Some(map))["data"], "1");
    }
    run
}

#[test]
fn the_server_takes_its_settings_and_its_rails() {
    let secrets = Secrets::new();
    let mut container = container(&secrets);
    container.must_be_well_told();
    container.must_check(1);
    for name in secrets.by_name.keys() {
        assert!(text("docs/deploy.md").contains(&format!("--from-literal={name}=")), "{name}");
    }
    container.variables.remove("APP_KEY_SHA256").unwrap();
    container.must_object("APP_KEY_SHA256");
}

#[test]
fn probes_are_answered_and_rails_that_change_are_served() {
    let secrets = Secrets::new();
    let container = container(&secrets);
    let server = container.start();
    let pod = pod();
    let kubelet = |probe: &str| server.get(pod["containers"][0][probe]["httpGet"]["path"].as_str().unwrap(), &[]);
    assert_eq!(kubelet("livenessProbe").json(), json!({"status": "ok"}));
    assert_eq!(kubelet("readinessProbe").json()["configs"], 1);

    let says = || {
        let answer = server.ask(&secrets.app, "my password is x").json();
        answer["choices"][0]["message"]["content"].as_str().map(str::to_owned)
    };
    let (was, is) = ("Please keep your password to yourself: nobody here needs it.", "Not here, please.");
    assert_eq!(says().as_deref(), Some(was));
    let mut data = object("ConfigMap", Some("railsc-shop"))["data"].clone();
    data["rails.co"] = data["rails.co"].as_str().unwrap().replace(was, is).into();
    write(&container.path("/rails/shop"), &data, "2");
    let began = Instant::now();
    while says().as_deref() != Some(is) {
        assert!(began.elapsed() < Duration::from_secs(20), "it is not loaded again");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_service_of_that_name_does_not_set_the_port() {
    let secrets = Secrets::new();
    let mut container = container(&secrets);
    assert_eq!(object("Service", None)["metadata"]["name"], "railsc");
    // What the kubelet sets for it, unless it is told otherwise.
    container.variables.insert("RAILSC_PORT".to_owned(), "tcp://10.0.0.1:80".to_owned());
    container.must_object("tcp://10.0.0.1:80");
    assert_eq!(pod()["enableServiceLinks"], false);
}

#[test]
fn it_may_do_no_more_than_it_has_to() {
    let pod = pod();
    let user = Image::read().user;
    let (id, group) = user.split_once(':').unwrap();
    assert_eq!(pod["automountServiceAccountToken"], false);
    let whole = &pod["securityContext"];
    assert_eq!(whole["runAsNonRoot"], true);
    assert_eq!((whole["runAsUser"].to_string(), whole["runAsGroup"].to_string()), (id.to_owned(), group.to_owned()));
    assert_eq!(whole["seccompProfile"], json!({"type": "RuntimeDefault"}));
    let container = &pod["containers"][0];
    let wanted =
        json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}});
    assert_eq!(container["securityContext"], wanted);
    assert!(container["resources"]["limits"]["memory"].is_string());
    assert_eq!(container["image"], format!("railsc:{}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn requests_find_the_way_and_what_is_under_way_may_end() {
    let (deployment, service, budget) =
        (object("Deployment", None), object("Service", None), object("PodDisruptionBudget", None));
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert!(labels.is_object());
    for selector in [
        &service["spec"]["selector"],
        &budget["spec"]["selector"]["matchLabels"],
        &deployment["spec"]["selector"]["matchLabels"],
    ] {
        assert_eq!(selector, labels);
    }
    assert!(budget["spec"]["minAvailable"].as_u64() < deployment["spec"]["replicas"].as_u64());
    let pod = pod();
    let container = &pod["containers"][0];
    assert_eq!(container["ports"][0]["containerPort"], Image::read().port);
    let port = &container["ports"][0]["name"];
    for named in [
        &service["spec"]["ports"][0]["targetPort"],
        &container["livenessProbe"]["httpGet"]["port"],
        &container["readinessProbe"]["httpGet"]["port"],
    ] {
        assert_eq!(named, port);
    }
    let run = self::container(&Secrets::new());
    let drain = drain_time(&run.path("/etc/railsc/serve.yml")).as_secs();
    let waits = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap();
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > drain + waits);
}
