//! The command line itself: help, version, and mistakes in it.

use crate::harness::run;

#[test]
fn mistakes_on_the_command_line_end_with_code_2_and_print_nothing_to_stdout() {
    for args in [
        &["--what"][..],
        &[],
        &["plan"],
        &["config"],
        &["serve", "--unknown"],
        &["serve", "--listen", "nowhere"],
        &["serve", "--upstream", "mine"],
        &["serve", "--upstream", "metrics=http://127.0.0.1:9"],
        &["serve", "--rpm", "many"],
        &["mock", "--provider", "nobody"],
        &["mock", "--enforce", "leaky"],
        &["mock", "--enforce", "images=fixed"],
        &["mock", "--fault", "530:0.1"],
        &["mock", "--latency", "1000..500"],
        &["demo", "--seconds", "0"],
    ] {
        let ended = run(args);
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
        assert_eq!(ended.stdout, "", "{args:?}");
        assert!(!ended.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    let help = run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    for command in ["demo", "serve", "batch", "embed", "mock", "inspect", "limits", "count", "config"] {
        assert!(help.stdout.contains(&format!("  {command} ")), "{}", help.stdout);
    }
    let version = run(&["--version"]);
    assert_eq!(version.stdout.trim(), format!("tidegate {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn commands_that_are_not_built_do_not_exist() {
    let help = run(&["--help"]).stdout;
    for command in ["plan", "visualize", "simulate", "status", "top"] {
        assert!(!help.contains(&format!("  {command} ")), "{help}");
        assert_eq!(run(&[command]).code, Some(2), "{command}");
    }
}

#[test]
fn listening_where_others_can_reach_it_has_to_be_meant() {
    let ended = run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("--open"), "{ended:?}");
}

#[test]
fn a_key_variable_that_is_not_set_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidegate.toml");
    std::fs::write(&file, "[providers.openai]\napi_key_env = \"TIDEGATE_TEST_NOT_SET\"\n").unwrap();
    let ended = run(&["serve", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("TIDEGATE_TEST_NOT_SET"), "{ended:?}");
}
