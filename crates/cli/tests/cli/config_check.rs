//! `tidegate config check`: every mistake with its line on stderr, `ok` on stdout.

use std::path::Path;

use crate::harness::{Finished, run};

fn check(text: &str) -> (Finished, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidegate.toml");
    std::fs::write(&file, text).unwrap();
    let name = file.to_str().unwrap().to_owned();
    (run(&["config", "check", &name]), name)
}

#[test]
fn every_mistake_is_named_with_its_line_its_key_and_its_remedy() {
    let (ended, name) = check(
        "[server]\nmax_wiat = \"120s\"\nmax_body = \"32 apples\"\n\n[[limits]]\nprovider = \"opneai\"\n\
         requests_per_minute = -1\n\n[tenants]\n",
    );
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("has 5 mistakes"), "{ended:?}");
    for (line, words) in [
        (2, "server.max_wiat: unknown key"),
        (3, "server.max_body: `32 apples` is not a size"),
        (6, "limits[1].provider: no provider is called `opneai`"),
        (7, "limits[1].requests_per_minute: `-1` is out of range"),
        (9, "tenants: unknown key"),
    ] {
        let found = ended
            .stderr
            .lines()
            .any(|each| each.starts_with(&format!("{name}:{line}:")) && each.ends_with(words));
        assert!(found, "line {line}: {words} is not in\n{}", ended.stderr);
    }
    assert_eq!(ended.stderr.matches("hint:").count(), 5, "{ended:?}");
    assert!(
        ended.stderr.contains("did you mean `max_wait`?")
            && ended.stderr.contains("did you mean \"openai\"?")
    );
}

#[test]
fn a_sound_file_is_ok_and_says_what_it_means() {
    let (ended, _) = check(
        "[server]\nlisten = \"127.0.0.1:9000\"\n[providers.mine]\nbase_url = \"http://127.0.0.1:9\"\n\
         [[limits]]\nprovider = \"mine\"\nrequests_per_minute = 5\n",
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("ok: listens on 127.0.0.1:9000"), "{ended:?}");
    assert!(ended.stdout.contains("providers mine; 1 limit"), "{ended:?}");
}

#[test]
fn a_file_that_is_not_there_is_no_mistake_in_it() {
    let missing = Path::new("/nowhere/tidegate.toml").to_str().unwrap();
    let ended = run(&["config", "check", missing]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("/nowhere/tidegate.toml"), "{ended:?}");
}
