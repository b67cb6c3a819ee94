/// The one macro of the library: what users may link against.
#pragma once

#define AMORSIZE_API __attribute__((visibility("default")))
