use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(inherit)]
    Two(std::io::Error, std::io::Error),
    #[classify(inherit)]
    Marked {
        #[source]
        first: std::io::Error,
        #[source]
        second: std::io::Error,
    },
}

fn main() {}
