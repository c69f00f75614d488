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
fn only_the_inherited_type_parameters_must_implement_classify() {
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
fn fields_with_a_parameter_type_can_be_used() {
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
