/// A fixture: may be included only once.
struct fixture {};
