//! Functions that `macro_rules!` writes, their attribute included.

use std::future::Future;

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

macro_rules! named {
    ($name:ident, $ty:ty) => {
        #[retryable(base = "0s")]
        fn $name(runs: &Runs) -> Result<$ty, E> {
            Ok(runs.fail(2)? as $ty)
        }
    };
}
named!(as_wide, u64);

macro_rules! whole_output {
    ($name:ident -> $ty:ty, $body:block) => {
        #[retryable(base = "0s")]
        async fn $name() -> $ty $body
    };
}

static WHOLE: Runs = Runs::new();
whole_output!(with_block -> Result<u32, E>, { WHOLE.fail_later(2).await });

macro_rules! sync_block {
    ($name:ident, $runs:ident, $body:block) => {
        #[retryable(base = "0s")]
        fn $name($runs: &Runs) -> Result<u32, E> $body
    };
}
sync_block!(block_that_names_the_argument, runs, { runs.fail(2) });

macro_rules! limited {
    ($name:ident, $n:literal, $m:expr, $base:literal, $cap:expr) => {
        #[retryable(max = $n, base = $base, cap = $cap)]
        fn $name(runs: &Runs) -> Result<u32, E> {
            runs.fail($m)
        }
    };
}
limited!(limited_to_two, 2, 1 + 1, "0s", "1s");

macro_rules! everything {
    ($name:ident, $max:expr, $factor:expr, $kinds:expr, $when:expr, $context:ident, $arg:ident, $text:literal) => {
        #[retryable(
                                                            max = $max,
                                                            base = "0s",
                                                            factor = $factor,
                                                            jitter = proportional($factor - 1.0),
                                                            on = $kinds,
                                                            when = $when,
                                                            attempt = $context,
                                                            clone($arg),
                                                            name = $text,
                                                        )]
        async fn $name(runs: &Runs, $arg: String) -> Result<String, E> {
            let taken = $arg;
            runs.fail_later(2).await?;
            Ok(format!("{}{}", taken, $context.number()))
        }
    };
}
const KINDS: retry_runtime::Kinds = retry_runtime::Kinds::NONE.with(retry_runtime::Kind::Transient);
everything!(all_from_outside, 3, 2.0, KINDS, |e: &E| e.is_busy(), context, name, "macros::all");

macro_rules! expression {
    ($name:ident($($arg:ident: $ty:ty),*) -> $out:ty = $body:expr) => {
        #[retryable(base = "0s", clone($($arg),*))]
        fn $name($($arg: $ty),*) -> $out {
            $body
        }
    };
}
static EXPRESSION: Runs = Runs::new();
expression!(expression_as_body(a: String, b: Vec<u32>) -> Result<usize, E> = {
    let taken = (a, b);
    EXPRESSION.fail(2)?;
    Ok(taken.0.len() + taken.1.len())
});

macro_rules! method {
    ($type:ident, $self:ident, $name:ident, $recover:path, $body:expr) => {
        impl $type {
            #[retryable(max = 2, base = "0s", recover = $recover)]
            async fn $name(&$self) -> Result<u32, E> {
                $body
            }
        }
    };
}
struct Desk {
    runs: Runs,
}
impl Desk {
    async fn back(&self, _: E) -> Result<u32, E> {
        Ok(self.runs.count() + 10)
    }
}
method!(Desk, self, made, Desk::back, self.runs.fail_later(9).await);

macro_rules! future {
    ($name:ident -> $out:ty, $body:block) => {
        #[retryable(base = "0s")]
        fn $name() -> $out $body
    };
}
static FUTURE: Runs = Runs::new();
future!(returns_a_future -> impl Future<Output = Result<u32, E>> + Send, {
    async move { FUTURE.fail_later(2).await }
});

macro_rules! many {
    ($($name:ident = $n:expr),* $(,)?) => {
        $(
            #[doc = concat!("Fails ", stringify!($n), " times.")]
            #[retryable(base = "0s")]
            fn $name(runs: &Runs) -> Result<u32, E> {
                runs.fail($n)
            }
        )*
    };
}
many! { once = 1, twice = 2, three_times = 3 }

macro_rules! passes_on {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])*
        $vis fn $($rest)*
    };
}
passes_on! {
    #[retryable(base = "0s")]
    pub(crate) fn passed_on(runs: &Runs) -> Result<u32, E> {
        runs.fail(2)
    }
}

macro_rules! whole_item {
    ($item:item) => {
        #[retryable(base = "0s")]
        $item
    };
}
whole_item! {
    fn item(runs: &Runs) -> Result<u32, E> {
        runs.fail(2)
    }
}

macro_rules! list {
    ($name:ident, [$($delay:expr),*]) => {
        #[retryable(backoff = [$($delay),*], jitter = none)]
        async fn $name(runs: &Runs) -> Result<u32, E> {
            runs.fail_later(2).await
        }
    };
}
list!(listed, ["0s", "10ms"]);

#[test]
fn functions_made_by_macros_run_again() {
    assert_eq!(as_wide(&Runs::new()), Ok(3));
    assert_eq!(block_that_names_the_argument(&Runs::new()), Ok(3));
    assert_eq!(limited_to_two(&Runs::new()), Ok(3));
    assert_eq!(expression_as_body("ab".to_owned(), vec![1]), Ok(3));
    assert_eq!(once(&Runs::new()), Ok(2));
    assert_eq!(twice(&Runs::new()), Ok(3));
    assert_eq!(three_times(&Runs::new()), Ok(4));
    assert_eq!(passed_on(&Runs::new()), Ok(3));
    assert_eq!(item(&Runs::new()), Ok(3));
    block_on(async {
        assert_eq!(sendable(with_block()).await, Ok(3));
        assert_eq!(all_from_outside(&Runs::new(), "n".to_owned()).await, Ok("n3".to_owned()));
        assert!(retry_runtime::site("macros::all").is_some());
        assert_eq!(Desk { runs: Runs::new() }.made().await, Ok(13));
        assert_eq!(sendable(returns_a_future()).await, Ok(3));
        assert_eq!(listed(&Runs::new()).await, Ok(3));
    });
}
