/// A fixture: reaches TBB.
#pragma once

#include <tbb/version.h>
