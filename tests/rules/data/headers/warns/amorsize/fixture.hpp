/// A fixture: compiles with a warning of the project's own flags.
#pragma once

inline int narrow(long x) { return x; }
