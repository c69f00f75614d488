use super::*;

fn read(json: &str) -> Record {
    serde_json::from_str::<TaskRow>(json).expect("a row").into()
}

fn full() -> Record {
    let at = Time::from_millis;
    Record {
        id: TaskId::unique(),
        name: "mail::send".into(),
        arguments: r#"{"to":"a@example.com","x":0.1}"#.into(),
        redacted: vec!["to".into()],
        state: State::Waiting { next_attempt_at: at(7) },
        priority: -3,
        key: Some("k".into()),
        valid_for: Some(Duration::from_nanos(1_500_000_001)),
        created_at: at(1),
        run_at: Some(at(7)),
        started_at: Some(at(2)),
        attempt_at: Some(at(3)),
        ended_at: Some(at(4)),
        deadline: Some(at(5)),
        attempts: u32::MAX,
        round: 6,
        round_at: Some(at(6)),
        limit: Some(u32::MAX),
        fence: 8,
        worker: Some("host pid 1".into()),
        progress: Some(Progress { fraction: Some(0.1 + 0.2), message: Some("half".into()) }),
        result: Some("\"\\u0000\"".into()),
        last_error: Some("refused".into()),
        last_kind: Some(Kind::Ambiguous),
        last_delay: Some(Duration::from_nanos(9)),
        paced: true,
        lane: Some(Lane::Paying),
        paid: 10,
        lease_length: Duration::from_secs(11),
        failures: read_failures(&[1, 2, 3, 4, 5]),
        lost_key: Some("lost".into()),
        by_hand: 12,
        misfit_at: Some(at(13)),
        trouble: None,
    }
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let record = full();
    let json = serde_json::to_string(&TaskRow::from(&record)).expect("rows are JSON");
    assert_eq!(read(&json), record);
}

#[test]
fn the_character_0_does_not_stop_a_task() {
    let record = Record { last_error: Some("a\0b".into()), ..full() };
    let json = serde_json::to_string(&TaskRow::from(&record)).expect("rows are JSON");
    assert!(!json.contains("\\u0000") || json.contains("\\\\u0000"));
    assert_eq!(read(&json).last_error.as_deref(), Some("a\u{2400}b"));
}
