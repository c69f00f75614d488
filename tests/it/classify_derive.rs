//! `#[derive(Classify)]`: what each form means at run time.

use std::time::Duration;

use retry_runtime::{Class, Classify, Kind};

const TWO: Duration = Duration::from_secs(2);

fn class(kind: Kind) -> Class {
    Class::new(kind)
}

mod kinds {
    use super::*;

    #[derive(Classify)]
    enum Failure {
        #[classify(transient)]
        Refused,
        #[classify(throttled)]
        Busy(u8),
        #[classify(ambiguous)]
        TimedOut { after: Duration },
        #[classify(overloaded)]
        Shedding,
        #[classify(permanent)]
        Declined,
    }

    #[test]
    fn each_kind_is_the_one_that_was_written() {
        assert_eq!(Failure::Refused.classify(), class(Kind::Transient));
        assert_eq!(Failure::Busy(1).classify(), class(Kind::Throttled));
        let timed_out = Failure::TimedOut { after: TWO };
        assert_eq!(timed_out.classify(), class(Kind::Ambiguous));
        assert_eq!(Failure::Shedding.classify(), class(Kind::Overloaded));
        assert_eq!(Failure::Declined.classify(), class(Kind::Permanent));
        if let Failure::TimedOut { after } = timed_out {
            assert_eq!(after, TWO);
        }
        if let Failure::Busy(desks) = Failure::Busy(1) {
            assert_eq!(desks, 1);
        }
    }

    #[derive(Classify)]
    #[classify(default = ambiguous)]
    enum Defaulted {
        Left,
        #[classify(transient)]
        Own,
        #[cfg(any())]
        Absent(NoSuchType),
        #[cfg_attr(all(), classify(permanent))]
        Conditional,
    }

    #[test]
    fn the_default_covers_variants_without_an_attribute_of_their_own() {
        assert_eq!(Defaulted::Left.classify(), class(Kind::Ambiguous));
        assert_eq!(Defaulted::Own.classify(), class(Kind::Transient));
        assert_eq!(Defaulted::Conditional.classify(), class(Kind::Permanent));
    }

    #[derive(Classify)]
    #[classify(transient)]
    struct Unit;

    #[derive(Classify)]
    #[classify(throttled)]
    #[classify(after = r#type)]
    struct Raw {
        r#type: Duration,
    }

    #[test]
    fn a_struct_is_a_single_case() {
        assert_eq!(Unit.classify(), class(Kind::Transient));
        assert_eq!(Raw { r#type: TWO }.classify(), class(Kind::Throttled).after(TWO));
    }

    #[expect(dead_code, reason = "no value of it exists")]
    #[derive(Classify)]
    enum Nothing {}

    #[derive(Classify)]
    #[non_exhaustive]
    #[expect(non_camel_case_types, reason = "names that need `r#`")]
    enum Raws {
        #[classify(permanent)]
        r#match,
        #[classify(kind = *r#type)]
        r#fn { r#type: Kind },
    }

    #[test]
    fn raw_names_are_names() {
        assert_eq!(Raws::r#match.classify(), class(Kind::Permanent));
        assert_eq!(Raws::r#fn { r#type: Kind::Throttled }.classify(), class(Kind::Throttled));
    }
}

mod hints {
    use super::*;

    #[derive(Classify)]
    enum Failure<'a> {
        #[classify(throttled, after = 0)]
        Duration(Duration),
        #[classify(throttled, after = 1)]
        Maybe(#[expect(dead_code, reason = "only its place matters")] u8, Option<Duration>),
        #[classify(transient, after = text)]
        Borrowed { text: &'a str },
        #[classify(after = text)]
        Owned { text: String },
        #[classify(ambiguous)]
        #[classify(after = 0)]
        MaybeText(Option<String>),
        #[classify(throttled, after = 0)]
        Reference(&'a Duration),
        #[classify(throttled, after = 0)]
        Header(http::HeaderValue),
        #[classify(throttled, after = 0)]
        MaybeHeader(Option<&'a http::HeaderValue>),
    }

    #[test]
    fn a_delay_is_read_from_each_type_of_field() {
        let header = http::HeaderValue::from_static("2");
        let throttled = class(Kind::Throttled).after(TWO);
        assert_eq!(Failure::Duration(TWO).classify(), throttled);
        assert_eq!(Failure::Maybe(0, Some(TWO)).classify(), throttled);
        assert_eq!(Failure::Borrowed { text: "2" }.classify(), class(Kind::Transient).after(TWO));
        let maybe = Failure::MaybeText(Some("2".to_owned()));
        assert_eq!(maybe.classify(), class(Kind::Ambiguous).after(TWO));
        assert_eq!(Failure::Reference(&TWO).classify(), throttled);
        assert_eq!(Failure::MaybeHeader(Some(&header)).classify(), throttled);
        assert_eq!(Failure::Header(header).classify(), throttled);
    }

    #[test]
    fn an_absent_or_unreadable_hint_is_no_hint() {
        assert_eq!(Failure::Maybe(0, None).classify(), class(Kind::Throttled));
        assert_eq!(Failure::MaybeText(None).classify(), class(Kind::Ambiguous));
        assert_eq!(Failure::Borrowed { text: "soon" }.classify(), class(Kind::Transient));
    }

    #[test]
    fn a_delay_alone_means_throttled() {
        let failure = Failure::Owned { text: "2".to_owned() };
        assert_eq!(failure.classify(), class(Kind::Throttled).after(TWO));
    }

    #[derive(Classify)]
    #[classify(inherit, after = own)]
    struct Outer {
        #[source]
        inner: Inner,
        own: Option<Duration>,
    }

    #[derive(Classify)]
    #[classify(throttled, after = 0)]
    struct Inner(Duration);

    #[test]
    fn a_field_without_a_hint_leaves_the_inherited_one() {
        let inherited = Outer { inner: Inner(TWO), own: None };
        assert_eq!(inherited.classify().retry_after, Some(TWO));
        let own = Outer { inner: Inner(TWO), own: Some(2 * TWO) };
        assert_eq!(own.classify().retry_after, Some(2 * TWO));
    }
}

mod statuses {
    use super::*;

    #[derive(Classify)]
    enum Failure {
        #[classify(status = code, after = wait)]
        Number { code: u16, wait: Option<Duration> },
        #[classify(status = 0)]
        Typed(http::StatusCode),
        #[classify(status = 0)]
        Maybe(Option<http::StatusCode>),
        #[classify(status = 0)]
        Signed(i32),
    }

    fn number(code: u16, wait: Option<Duration>) -> Class {
        Failure::Number { code, wait }.classify()
    }

    #[test]
    fn a_status_is_judged_by_the_table() {
        assert_eq!(number(504, None), class(Kind::Ambiguous));
        assert_eq!(number(404, None), class(Kind::Permanent));
        let typed = Failure::Typed(http::StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(typed.classify(), class(Kind::Throttled));
        assert_eq!(Failure::Signed(425).classify(), class(Kind::Transient));
    }

    #[test]
    fn the_hint_takes_part_in_the_judgement() {
        assert_eq!(number(503, None), class(Kind::Transient));
        assert_eq!(number(503, Some(TWO)), class(Kind::Throttled).after(TWO));
    }

    #[test]
    fn no_status_is_permanent() {
        assert_eq!(Failure::Maybe(None).classify(), class(Kind::Permanent));
        assert_eq!(Failure::Signed(-1).classify(), class(Kind::Permanent));
        let some = Failure::Maybe(Some(http::StatusCode::TOO_EARLY));
        assert_eq!(some.classify(), class(Kind::Transient));
    }
}

mod expressions {
    use super::*;

    fn judge(code: u8) -> Class {
        if code == 7 { class(Kind::Throttled).after(TWO) } else { class(Kind::Permanent) }
    }

    #[derive(Classify)]
    enum Failure {
        #[classify(kind = if *code == 7 { Kind::Transient } else { Kind::Permanent })]
        Named { code: u8 },
        #[classify(kind = judge(*_0 + *_1))]
        Tuple(u8, u8),
        #[classify(kind = kind)]
        Carried { kind: Kind },
        #[classify(kind = _0)]
        CarriedClass(Class),
        #[classify(kind = [Kind::Transient, Kind::Ambiguous][std::cmp::min::<usize>(*_0, 1)], after = 1)]
        Commas(usize, Duration),
        #[classify(kind = self.by_hand())]
        Itself,
    }

    impl Failure {
        fn by_hand(&self) -> Kind {
            Kind::Overloaded
        }
    }

    #[test]
    fn the_fields_are_in_scope_by_name_and_by_position() {
        assert_eq!(Failure::Named { code: 7 }.classify(), class(Kind::Transient));
        assert_eq!(Failure::Named { code: 8 }.classify(), class(Kind::Permanent));
        assert_eq!(Failure::Tuple(3, 4).classify(), class(Kind::Throttled).after(TWO));
    }

    #[test]
    fn a_carried_kind_or_class_needs_no_star() {
        assert_eq!(Failure::Carried { kind: Kind::Ambiguous }.classify(), class(Kind::Ambiguous));
        let carried = class(Kind::Throttled).after(TWO);
        assert_eq!(Failure::CarriedClass(carried).classify(), carried);
    }

    #[test]
    fn an_expression_may_hold_commas_and_stand_beside_a_hint() {
        assert_eq!(Failure::Commas(9, TWO).classify(), class(Kind::Ambiguous).after(TWO));
    }

    #[test]
    fn an_expression_may_ask_the_failure_itself() {
        assert_eq!(Failure::Itself.classify(), class(Kind::Overloaded));
    }
}

mod inner_failures {
    use super::*;

    #[derive(Debug, thiserror::Error, Classify)]
    #[error("disk")]
    #[classify(ambiguous)]
    struct Disk;

    #[derive(Debug, thiserror::Error, Classify)]
    enum Failure {
        #[error(transparent)]
        #[classify(inherit)]
        Disk(#[from] Disk),
        #[error("at {at}")]
        #[classify(inherit)]
        Marked {
            at: u8,
            #[source]
            cause: Disk,
        },
        #[error("at {at}")]
        #[classify(inherit)]
        NamedSource { at: u8, source: Disk },
        #[error("again")]
        #[classify(inherit)]
        Recursive(Inner<Disk>),
    }

    #[derive(Debug, Classify)]
    #[classify(inherit)]
    struct Inner<T>(T);

    #[test]
    fn the_single_the_marked_or_the_named_field_is_asked() {
        assert_eq!(Failure::from(Disk).classify(), class(Kind::Ambiguous));
        assert_eq!(Failure::Marked { at: 1, cause: Disk }.classify(), class(Kind::Ambiguous));
        assert_eq!(Failure::NamedSource { at: 1, source: Disk }.classify(), class(Kind::Ambiguous));
        assert_eq!(Failure::Recursive(Inner(Disk)).classify(), class(Kind::Ambiguous));
    }

    #[test]
    fn a_transparent_failure_is_described_by_its_inner_one() {
        assert_eq!(Failure::from(Disk).describe(), "disk");
    }
}

mod generics {
    use super::*;

    struct NotClassified;

    #[derive(Classify)]
    #[classify(transient)]
    struct Leaf;

    #[derive(Classify)]
    enum Failure<'a, T, U = u8, const N: usize = 3>
    where
        T: 'a,
    {
        #[classify(inherit)]
        Inner(T),
        #[classify(kind = if *_0 == N { Kind::Transient } else { Kind::Permanent })]
        Counted(usize),
        #[classify(permanent)]
        Other(#[expect(dead_code, reason = "only its type matters")] &'a U),
    }

    #[test]
    fn only_the_parameters_that_are_asked_have_to_be_classified() {
        let failure: Failure<'_, Leaf, NotClassified> = Failure::Inner(Leaf);
        assert_eq!(failure.classify(), class(Kind::Transient));
        let failure: Failure<'_, Leaf, NotClassified> = Failure::Other(&NotClassified);
        assert_eq!(failure.classify(), class(Kind::Permanent));
        assert_eq!(Failure::<'_, Leaf>::Counted(3).classify(), class(Kind::Transient));
    }

    #[derive(Classify)]
    enum Fields<S, D> {
        #[classify(status = 0, after = 1)]
        Http(S, Option<D>),
    }

    #[test]
    fn fields_of_a_parameters_type_can_be_referred_to() {
        let failure = Fields::Http(503_u16, Some("2"));
        assert_eq!(failure.classify(), class(Kind::Throttled).after(TWO));
    }

    pub(crate) struct Seen;

    #[derive(Classify)]
    #[classify(inherit)]
    pub(crate) struct Outer<T>(Hidden<T>);

    #[derive(Classify)]
    #[classify(inherit)]
    struct Hidden<T>(T, #[source] Leaf);

    #[test]
    fn a_private_field_type_may_be_bounded() {
        assert_eq!(Outer(Hidden(Seen, Leaf)).classify(), class(Kind::Transient));
    }

    trait Store {
        type Failure;
    }

    struct Redis;

    impl Store for Redis {
        type Failure = Leaf;
    }

    #[derive(Classify)]
    #[classify(inherit)]
    struct Projected<S: Store>(S::Failure);

    #[test]
    fn an_associated_type_is_bounded() {
        assert_eq!(Projected::<Redis>(Leaf).classify(), class(Kind::Transient));
    }

    struct Pair<T>(Option<T>);

    impl<T: Classify> Classify for Pair<T> {
        fn classify(&self) -> Class {
            self.0.as_ref().map_or(class(Kind::Overloaded), Classify::classify)
        }
    }

    #[derive(Classify)]
    enum List<T> {
        #[classify(inherit)]
        Last(T),
        #[classify(inherit)]
        More(Link<List<T>>),
    }

    struct Link<T>(Box<T>);

    impl<T: Classify> Classify for Link<T> {
        fn classify(&self) -> Class {
            self.0.classify()
        }
    }

    #[test]
    fn a_type_may_inherit_from_itself() {
        let list = List::More(Link(Box::new(List::Last(Pair(Some(Leaf))))));
        assert_eq!(list.classify(), class(Kind::Transient));
        assert_eq!(List::Last(Pair::<Leaf>(None)).classify(), class(Kind::Overloaded));
    }
}

mod messages {
    use super::*;

    #[derive(Debug, thiserror::Error, Classify)]
    enum Failure {
        #[error("peer said: {0}")]
        #[classify(messages)]
        Opaque(String),
    }

    #[derive(Classify)]
    #[classify(messages)]
    struct Generic<T>(T);

    impl<T: std::fmt::Display> std::fmt::Display for Generic<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }

    #[test]
    fn an_opaque_text_is_judged_by_its_patterns() {
        let of = |text: &str| Failure::Opaque(text.to_owned()).classify();
        assert_eq!(of("Connection refused"), class(Kind::Transient));
        assert_eq!(of("too many requests"), class(Kind::Throttled));
        assert_eq!(of("no such table"), class(Kind::Permanent));
    }

    #[test]
    fn a_generic_type_needs_only_its_display() {
        assert_eq!(Generic("broken pipe").classify(), class(Kind::Ambiguous));
    }
}

mod descriptions {
    use super::*;

    #[derive(Debug, thiserror::Error, Classify)]
    #[error("first line\nsecond line")]
    #[classify(permanent)]
    struct Displayed;

    #[derive(Debug, Classify)]
    #[classify(permanent)]
    struct Debugged {
        _code: u8,
    }

    #[derive(Classify)]
    #[classify(permanent)]
    struct Named;

    #[test]
    fn display_else_debug_else_the_name() {
        assert_eq!(Displayed.describe(), "first line\nsecond line");
        assert_eq!(Debugged { _code: 7 }.describe(), "Debugged { _code: 7 }");
        assert_eq!(Named.describe(), std::any::type_name::<Named>());
    }

    #[derive(Classify)]
    #[classify(permanent)]
    struct Unconditional<T>(std::marker::PhantomData<T>);

    impl<T> std::fmt::Display for Unconditional<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("in words")
        }
    }

    #[derive(Debug, Classify)]
    #[classify(permanent)]
    struct Conditional<T>(T);

    #[derive(Debug, Classify)]
    #[classify(permanent)]
    struct Bounded<T: std::fmt::Debug>(T);

    #[test]
    fn a_generic_type_is_described_by_what_holds_for_all_parameters() {
        assert_eq!(Unconditional::<u8>(std::marker::PhantomData).describe(), "in words");
        assert_eq!(Conditional(1).describe(), std::any::type_name::<Conditional<i32>>());
        assert_eq!(Bounded(1).describe(), "Bounded(1)");
        assert_eq!((Conditional(1).0, Bounded(1).0), (1, 1));
    }
}

mod elsewhere {
    use super::*;

    mod reexport {
        pub(crate) mod inner {
            pub(crate) use retry_runtime as retries;
        }
    }

    #[derive(Classify)]
    #[classify(default = transient, crate = reexport::inner::retries)]
    enum ByPath {
        Only,
    }

    #[derive(Classify)]
    #[classify(crate = "self::reexport::inner::retries")]
    #[classify(permanent)]
    struct ByText;

    #[test]
    fn the_runtime_may_live_under_another_path() {
        assert_eq!(ByPath::Only.classify(), class(Kind::Transient));
        assert_eq!(ByText.classify(), class(Kind::Permanent));
    }
}

mod hostile_surroundings {
    //! Names that generated code must not fall for.

    #[expect(dead_code, reason = "only in the way")]
    mod shadows {
        pub(super) struct Option;
        pub(super) struct Class;
        pub(super) struct Kind;
        pub(super) mod retry_runtime {}
        pub(super) mod core {}
        pub(super) mod std {}
    }
    #[expect(unused_imports, reason = "only in the way")]
    use shadows::*;

    #[derive(::retry_runtime::Classify)]
    enum Failure {
        #[classify(throttled, after = 0)]
        Limited(&'static str),
        #[classify(status = 0)]
        Status(u16),
    }

    impl Failure {
        /// A method of the same name as one that describes.
        #[expect(dead_code, reason = "only in the way")]
        fn retry_text(&self) -> u8 {
            0
        }
    }

    #[test]
    fn a_crate_with_the_same_names_is_no_trouble() {
        use ::retry_runtime::Classify;
        assert_eq!(Failure::Limited("2").classify().retry_after, Some(super::TWO));
        assert_eq!(Failure::Status(404).classify(), super::class(::retry_runtime::Kind::Permanent));
    }
}

mod other_places {
    use super::*;

    macro_rules! failures {
        ($($name:ident { $field:ident } => $kind:expr,)*) => {
            #[derive(Classify)]
            enum FromMacro {
                $(#[classify(kind = $kind)] $name { $field: u8 },)*
                #[classify(kind = if *own == 1 { Kind::Throttled } else { Kind::Permanent })]
                Own { own: u8 },
            }
        };
    }

    failures! {
        Theirs { code } => if *code == 7 { Kind::Transient } else { Kind::Permanent },
    }

    #[test]
    fn a_type_may_come_from_a_macro() {
        assert_eq!(FromMacro::Theirs { code: 7 }.classify(), class(Kind::Transient));
        assert_eq!(FromMacro::Own { own: 1 }.classify(), class(Kind::Throttled));
    }

    #[test]
    fn a_type_may_live_in_a_function() {
        #[derive(Classify)]
        #[classify(transient)]
        struct Local;
        assert_eq!(Local.classify(), class(Kind::Transient));
    }

    #[derive(Debug, Classify)]
    #[classify(status = code)]
    struct Unsized<T: ?Sized> {
        code: u16,
        body: T,
    }

    #[test]
    fn a_failure_may_be_unsized() {
        let failure: &Unsized<[u8]> = &Unsized { code: 429, body: [1, 2] };
        assert_eq!(failure.classify(), class(Kind::Throttled));
        assert_eq!(failure.body.len(), 2);
    }
}
