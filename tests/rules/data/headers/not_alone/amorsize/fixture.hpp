/// A fixture: borrows its neighbour's includes.
#pragma once

inline std::size_t one() { return 1; }
