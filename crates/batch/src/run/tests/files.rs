//! Proof: files that are not what they should be are refused with words that help, and left alone.

use std::fs;

use serde_json::Value;

use super::harness::{Bench, Doubler, run, runtime};
use crate::{Answer, Beginning, Done, Effort, End, Error, Failure, Processor, Request, RequestRows, Stop};

/// Ends a job after its first row.
fn begun(input: &str) -> Bench {
    let bench = Bench::new(input);
    let job = bench.job().on_failure(crate::OnFailure::Stop);
    let report = run(&job, &Doubler { fails: [0].into(), ..Doubler::default() }, &Stop::new()).unwrap();
    assert_eq!(report.end, End::StoppedOnFailure);
    bench
}

/// More rows than a run takes at a time, so that stopping after the first leaves some.
fn many() -> String {
    (0..1000).map(|number| format!("{number}\n")).collect()
}

#[test]
fn a_changed_input_is_refused_until_it_begins_anew() {
    let bench = begun(&many());
    fs::write(bench.input(), format!("{}7\n", many())).unwrap();
    let refused = bench.run(&Doubler::default()).unwrap_err();
    assert!(matches!(refused, Error::InputChanged(_)), "{refused}");
    assert!(bench.journal().exists());
    let report = run(&bench.job().beginning(Beginning::Anew), &Doubler::default(), &Stop::new()).unwrap();
    assert_eq!((report.counts.resumed, bench.lines().len()), (0, 1001));
}

#[test]
fn another_option_is_refused_by_name() {
    let bench = begun(&many());
    let refused = run(&bench.job().option("model", "m"), &Doubler::default(), &Stop::new()).unwrap_err();
    assert!(matches!(&refused, Error::OptionChanged { name, .. } if name == "model"), "{refused}");
}

#[test]
fn a_second_run_on_the_same_output_is_refused() {
    let bench = Bench::counting(3);
    let _held = crate::journal::Lock::take(&bench.output().with_extension("jsonl.tidegate-lock")).unwrap();
    let refused = bench.run(&Doubler::default()).unwrap_err();
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
}

#[test]
fn an_output_of_someone_else_is_not_overwritten() {
    let bench = Bench::counting(3);
    fs::write(bench.output(), "precious\n").unwrap();
    let refused = bench.run(&Doubler::default()).unwrap_err();
    assert!(matches!(refused, Error::OutputTaken(_)) && refused.is_cured_by_restart());
    assert_eq!(fs::read_to_string(bench.output()).unwrap(), "precious\n");
    fs::write(bench.output(), "").unwrap();
    assert_eq!(bench.run(&Doubler::default()).unwrap().end, End::Complete);
}

#[test]
fn an_input_edited_during_the_run_is_noticed_at_the_end() {
    struct Editor(std::path::PathBuf);
    impl Processor for Editor {
        type Item = u64;
        type Output = u64;
        async fn process(&self, item: u64) -> Result<Done<u64>, Failure<u64>> {
            if item == 0 {
                fs::write(&self.0, "9".repeat(2000) + "\n").unwrap();
            }
            Ok(item.into())
        }
    }
    // Longer than what is read ahead, so that the end is read after the edit.
    let bench = Bench::new(&format!("0\n{}", "1\n".repeat(400_000)));
    let run = bench.job();
    let editor = Editor(bench.input());
    let ended = runtime().block_on(run.run(&crate::JsonRows::new(), &editor, &Stop::new(), &mut ()));
    assert!(matches!(ended, Err(Error::InputChangedMeanwhile(_))), "{ended:?}");
    assert!(!bench.output().exists());
}

#[test]
fn a_missing_input_and_a_missing_folder_are_named() {
    let bench = Bench::counting(1);
    let job = crate::Job::new(bench.input(), bench.output().join("none").join("out.jsonl"));
    let refused = run(&job, &Doubler::default(), &Stop::new()).unwrap_err().to_string();
    assert!(refused.contains("lock file beside") && refused.contains("out.jsonl"), "{refused}");
    fs::remove_file(bench.input()).unwrap();
    let refused = bench.run(&Doubler::default()).unwrap_err().to_string();
    assert!(refused.starts_with("cannot read the input"), "{refused}");
}

/// Answers every request with its own body.
struct Echo;

impl Processor for Echo {
    type Item = Request;
    type Output = Answer;

    async fn process(&self, item: Request) -> Result<Done<Answer>, Failure<Answer>> {
        let body = item.body.as_str().as_bytes().into();
        let effort = Effort { model: item.body.model(), ..Effort::default() };
        Ok(Done {
            output: Answer { status_code: 200, request_id: Some("r".into()), body, headers: None },
            effort,
        })
    }
}

fn echoed(input: &[u8]) -> Vec<Value> {
    let bench = Bench::new("");
    fs::write(bench.input(), input).unwrap();
    let job = bench.job();
    runtime().block_on(job.run(&RequestRows::new(), &Echo, &Stop::new(), &mut ())).unwrap();
    bench.lines()
}

#[test]
fn repeated_ids_broken_rows_and_good_ones_live_in_one_file() {
    let lines = echoed(
        b"{\"custom_id\":\"a\",\"url\":\"/v1/x\",\"body\":{\"model\":\"m\"}}\n\
          {\"custom_id\":\"a\",\"url\":\"/v1/x\",\"body\":{\"model\":\"m\"}}\n\
          {\"broken\n\
          \xff\xfe\n\
          {\"messages\":[]}",
    );
    let ids: Vec<&str> = lines.iter().map(|line| line["custom_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "a", "row-3", "row-4", "row-5"]);
    assert_eq!(lines[0]["response"]["body"]["model"], "m");
    assert_eq!(lines[0]["tidegate"]["model"], "m");
    let message = |at: usize| lines[at]["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message(1), "line 2: custom_id \"a\" was used by an earlier row");
    assert!(message(2).starts_with("line 3: not valid JSON"));
    assert_eq!(message(3), "line 4: not valid UTF-8");
    assert!(lines[4]["error"].is_null());
}

#[test]
fn a_row_of_ten_megabytes_passes() {
    let row = format!("{{\"messages\":[\"{}\"]}}\n", "x".repeat(10 << 20));
    let lines = echoed(row.as_bytes());
    assert_eq!(lines[0]["response"]["body"]["messages"][0].as_str().unwrap().len(), 10 << 20);
}

fn packed(text: &str, packing: &str) -> Vec<u8> {
    use std::io::Write;
    if packing == "zst" {
        return zstd::stream::encode_all(text.as_bytes(), 3).unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_packed_input_is_read_and_an_output_is_packed_as_its_name_asks() {
    for packing in ["gz", "zst"] {
        let bench = Bench::new("");
        let text: String = (0..200).map(|number| format!("{number}\n")).collect();
        fs::write(bench.input(), packed(&text, packing)).unwrap();
        let output = bench.output().with_extension(format!("jsonl.{packing}"));
        let job = crate::Job::new(bench.input(), &output);
        assert_eq!(run(&job, &Doubler::default(), &Stop::new()).unwrap().end, End::Complete);
        let (found, mut reader) = crate::packing::unpacked(fs::File::open(&output).unwrap()).unwrap();
        assert_eq!(found, crate::packing::Packing::of_name(&output));
        let mut text = String::new();
        std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
        assert_eq!(text.lines().count(), 200);
        let again = Doubler::default();
        assert_eq!(run(&job, &again, &Stop::new()).unwrap().end, End::WasComplete);
        assert!(again.ended().is_empty());
        assert_eq!(bench.files().len(), 2, "the copy of the input is gone: {:?}", bench.files());
    }
}

#[test]
fn a_packed_input_that_is_damaged_is_named() {
    let bench = Bench::new("");
    let mut bytes = packed(&many(), "gz");
    bytes.truncate(bytes.len() / 2);
    fs::write(bench.input(), bytes).unwrap();
    let refused = bench.run(&Doubler::default()).unwrap_err().to_string();
    assert!(refused.starts_with("cannot read the input"), "{refused}");
}

/// Makes a named pipe and writes into it from another thread.
#[cfg(unix)]
fn pipe(path: std::path::PathBuf, text: String) -> std::thread::JoinHandle<()> {
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    std::thread::spawn(move || fs::write(path, text).unwrap())
}

#[cfg(unix)]
#[test]
fn a_pipe_is_an_input_and_its_run_is_resumed_by_sending_it_again() {
    let bench = Bench::new("");
    fs::remove_file(bench.input()).unwrap();
    let writer = pipe(bench.input(), many());
    let job = bench.job().on_failure(crate::OnFailure::Stop);
    let first = Doubler { fails: [0].into(), ..Doubler::default() };
    assert_eq!(run(&job, &first, &Stop::new()).unwrap().end, End::StoppedOnFailure);
    writer.join().unwrap();
    fs::remove_file(bench.input()).unwrap();
    let (writer, second) = (pipe(bench.input(), many()), Doubler::default());
    assert_eq!(bench.run(&second).unwrap().end, End::Complete);
    writer.join().unwrap();
    assert_eq!(first.ended().len() + second.ended().len(), 1000);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_at_the_end_keeps_every_finished_row() {
    let bench = Bench::counting(50);
    // The name under which the output is put together leads to a device that is always full.
    let partial = bench.output().with_extension("jsonl.tidegate-partial");
    std::os::unix::fs::symlink("/dev/full", &partial).unwrap();
    let refused = bench.run(&Doubler::default()).unwrap_err().to_string();
    assert!(refused.contains("free some space and run the same command again"), "{refused}");
    assert!(bench.journal().exists() && !bench.output().exists() && !partial.exists());
    let again = Doubler::default();
    assert_eq!(bench.run(&again).unwrap().end, End::Complete);
    assert!(again.ended().is_empty(), "nothing was sent again");
}
