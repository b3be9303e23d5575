/*
 * Writing a plugin.
 *
 *   #include <pintle/plugin.h>
 *
 *   static int32_t hello_create(pintle_plugin_t *plugin, const pintle_create_t *args) {
 *       (void)args;
 *       return pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 0, "hello", 5);
 *   }
 *
 *   PINTLE_PLUGIN(hello,
 *       PINTLE_TEXTS("org.example.hello", "hello", "1.0.0", "Example", "Says hello", "MIT",
 *           "", "", "", "",
 *           "name text =world Who is greeted\n"
 *           "loud bool =false Whether it shouts\n"),
 *       PINTLE_FLAG_MULTI_INSTANCE,
 *       PINTLE_ON(create, hello_create))
 *
 * It stands once in a plugin, at file scope, without a semicolon. Callbacks may come in any order; at
 * least one must. Under PINTLE_STATIC the plugin can be linked into a program with others: its entry
 * is then called pintle_entry_<name>, which the program declares with PINTLE_DECLARE(name).
 */

/**
 * The texts of a descriptor, as string literals: PINTLE_TEXTS(id, name, version, vendor, description,
 * licence, url, needs, offers, services), and settings, if it has any: a literal for each line, without
 * commas between them; pintle_descriptor_t has the grammar. Together they must fit into PINTLE_DESCRIPTOR_MAX bytes.
 */
#define PINTLE_TEXTS(...) \
    PINTLE_FIFTEENTH_(__VA_ARGS__, PINTLE_TEXTS_0_, PINTLE_TEXTS_0_, PINTLE_TEXTS_0_, PINTLE_TEXTS_11_, \
        PINTLE_TEXTS_10_, PINTLE_TEXTS_0_, PINTLE_TEXTS_0_, PINTLE_TEXTS_0_, PINTLE_TEXTS_0_, \
        PINTLE_TEXTS_0_, PINTLE_TEXTS_0_, PINTLE_TEXTS_0_, PINTLE_TEXTS_0_, PINTLE_TEXTS_0_, )(__VA_ARGS__)

/**
 * The least minor version of a host that the plugins of a file can do with, defined before this header
 * is included. Without it they can do with any host of this major version, and ask PINTLE_HAS.
 */
#ifndef PINTLE_ABI_MINOR_LEAST
#define PINTLE_ABI_MINOR_LEAST 0
#endif

/**
 * Writes the two exported objects of a plugin: PINTLE_PLUGIN(name, PINTLE_TEXTS(...), flags,
 * PINTLE_ON(callback, function), ...).
 *
 * The name is a C identifier, the flags are PINTLE_FLAG_* or 0. What the compiler knows itself is added
 * to them: PINTLE_FLAG_DEBUG, PINTLE_FLAG_SANITIZED, PINTLE_FLAG_NO_EXCEPTIONS.
 */
#define PINTLE_PLUGIN(name, ...) PINTLE_PLUGIN_(name, __VA_ARGS__)

/** Declares the entry of a plugin that is linked in. A semicolon follows it. */
#define PINTLE_DECLARE(name) PINTLE_C_ const pintle_entry_t pintle_entry_##name

/** The entry of a plugin that is linked in and declared, for a list that pintle_host_add_all takes. */
#define PINTLE_ENTRY(name) (&pintle_entry_##name)

/* From here on: how PINTLE_PLUGIN does it. */

/* What stands at the fifteenth place is told by how many texts stand before it. */
#define PINTLE_FIFTEENTH_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, fifteenth, ...) fifteenth
#define PINTLE_TEXTS_11_(...) __VA_ARGS__
#define PINTLE_TEXTS_10_(...) __VA_ARGS__, ""
#define PINTLE_TEXTS_0_(...) PINTLE_TEXTS_takes_ten_or_eleven_texts, "", "", "", "", "", "", "", "", "", ""

#if defined(__APPLE__)
#define PINTLE_SECTION "__DATA_CONST,__pintle"
#else
#define PINTLE_SECTION "pintle"
#endif

#if defined(_WIN32)
#define PINTLE_EXPORT_ __attribute__((dllexport))
#else
#define PINTLE_EXPORT_ __attribute__((visibility("default")))
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define PINTLE_ORDER_ PINTLE_ORDER_BIG
#else
#define PINTLE_ORDER_ PINTLE_ORDER_LITTLE
#endif

#if defined(__GNUC__) && !defined(__OPTIMIZE__)
#define PINTLE_FLAG_IF_DEBUG_ PINTLE_FLAG_DEBUG
#else
#define PINTLE_FLAG_IF_DEBUG_ 0
#endif

#if defined(__EXCEPTIONS)
#define PINTLE_FLAG_IF_NO_EXCEPTIONS_ 0
#else
#define PINTLE_FLAG_IF_NO_EXCEPTIONS_ PINTLE_FLAG_NO_EXCEPTIONS
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PINTLE_FLAG_IF_SANITIZED_ PINTLE_FLAG_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer) \
    || __has_feature(undefined_behavior_sanitizer)
#define PINTLE_FLAG_IF_SANITIZED_ PINTLE_FLAG_SANITIZED
#endif
#endif
#ifndef PINTLE_FLAG_IF_SANITIZED_
#define PINTLE_FLAG_IF_SANITIZED_ 0
#endif

#ifdef __cplusplus
#define PINTLE_C_ extern "C"
#define PINTLE_C_BEGIN_ extern "C" {
#define PINTLE_C_END_ }
#define PINTLE_CONSTANT_ constexpr
#define PINTLE_NUMBER_(type, value) static_cast<type>(value)
#else
#define PINTLE_C_ extern
#define PINTLE_C_BEGIN_
#define PINTLE_C_END_
#define PINTLE_CONSTANT_ const
#define PINTLE_NUMBER_(type, value) ((type)(value))
#endif

#define PINTLE_SPAN_(type, member, text) \
    { PINTLE_NUMBER_(uint16_t, offsetof(type, member)), PINTLE_NUMBER_(uint16_t, sizeof(text) - 1) }

#ifdef PINTLE_STATIC
#define PINTLE_USED_
#define PINTLE_DESCRIPTOR_(name) pintle_descriptor_##name
#define PINTLE_DESCRIPTOR_LINKAGE_(name) static
#define PINTLE_ENTRY_(name) pintle_entry_##name
#define PINTLE_ENTRY_LINKAGE_(name) extern const pintle_entry_t pintle_entry_##name;
#else
#define PINTLE_USED_ __attribute__((used))
#define PINTLE_DESCRIPTOR_(name) pintle_descriptor
#define PINTLE_DESCRIPTOR_LINKAGE_(name) \
    PINTLE_EXPORT_ __attribute__((section(PINTLE_SECTION))) \
    extern const pintle_file_##name##_t pintle_descriptor; \
    PINTLE_USED_
#define PINTLE_ENTRY_(name) pintle_entry
#define PINTLE_ENTRY_LINKAGE_(name) \
    PINTLE_EXPORT_ extern const pintle_entry_t pintle_entry; \
    PINTLE_USED_
#endif

#define PINTLE_PLUGIN_(plugin, id_text, name_text, version_text, vendor_text, description_text, \
                       licence_text, url_text, needs_text, offers_text, services_text, settings_text, \
                       plugin_flags, ...) \
    PINTLE_C_BEGIN_ \
    typedef struct pintle_file_##plugin##_t { \
        pintle_descriptor_t head; \
        char id[sizeof(id_text)]; \
        char name[sizeof(name_text)]; \
        char version[sizeof(version_text)]; \
        char vendor[sizeof(vendor_text)]; \
        char description[sizeof(description_text)]; \
        char licence[sizeof(licence_text)]; \
        char url[sizeof(url_text)]; \
        char needs[sizeof(needs_text)]; \
        char offers[sizeof(offers_text)]; \
        char services[sizeof(services_text)]; \
        char settings[sizeof(settings_text)]; \
    } pintle_file_##plugin##_t; \
    PINTLE_ASSERT_(sizeof(id_text) > 1, "PINTLE_TEXTS: a plugin needs an id: org.example.hello"); \
    PINTLE_ASSERT_(sizeof(name_text) > 1, "PINTLE_TEXTS: a plugin needs a name"); \
    PINTLE_ASSERT_( \
        offsetof(pintle_file_##plugin##_t, settings) + sizeof(settings_text) <= PINTLE_DESCRIPTOR_MAX, \
        "PINTLE_TEXTS: too long; the descriptor with its texts must fit into 4096 bytes"); \
    PINTLE_ASSERT_(PINTLE_ABI_MINOR_LEAST <= PINTLE_ABI_MINOR, \
        "PINTLE_ABI_MINOR_LEAST: this header is older"); \
    PINTLE_DESCRIPTOR_LINKAGE_(plugin) \
    PINTLE_CONSTANT_ pintle_file_##plugin##_t PINTLE_DESCRIPTOR_(plugin) = { \
        { \
            PINTLE_MAGIC, \
            PINTLE_NUMBER_(uint32_t, offsetof(pintle_file_##plugin##_t, settings) + sizeof(settings_text)), \
            PINTLE_ABI_MAJOR, \
            PINTLE_ABI_MINOR, \
            PINTLE_NUMBER_(uint8_t, sizeof(void *)), \
            PINTLE_ORDER_, \
            PINTLE_NUMBER_(uint16_t, sizeof(pintle_descriptor_t)), \
            PINTLE_NUMBER_(uint32_t, (plugin_flags) | PINTLE_FLAG_IF_DEBUG_ \
                | PINTLE_FLAG_IF_NO_EXCEPTIONS_ | PINTLE_FLAG_IF_SANITIZED_), \
            PINTLE_FINGERPRINT, \
            PINTLE_SPAN_(pintle_file_##plugin##_t, id, id_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, name, name_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, version, version_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, vendor, vendor_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, description, description_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, licence, licence_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, url, url_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, needs, needs_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, offers, offers_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, services, services_text), \
            PINTLE_SPAN_(pintle_file_##plugin##_t, settings, settings_text), \
            PINTLE_ABI_MINOR_LEAST, \
            0, \
        }, \
        id_text, \
        name_text, \
        version_text, \
        vendor_text, \
        description_text, \
        licence_text, \
        url_text, \
        needs_text, \
        offers_text, \
        services_text, \
        settings_text, \
    }; \
    static PINTLE_CONSTANT_ pintle_callbacks_t pintle_callbacks_##plugin = \
        PINTLE_CALLBACKS_(__VA_ARGS__); \
    PINTLE_ENTRY_LINKAGE_(plugin) \
    PINTLE_CONSTANT_ pintle_entry_t PINTLE_ENTRY_(plugin) = { \
        sizeof(pintle_entry_t), \
        0, \
        &PINTLE_DESCRIPTOR_(plugin).head, \
        &pintle_callbacks_##plugin, \
    }; \
    PINTLE_C_END_
