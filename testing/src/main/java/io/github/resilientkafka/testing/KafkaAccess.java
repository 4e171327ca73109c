package io.github.resilientkafka.testing;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who may do what: nobody is asked, or, once there are users, everybody logs in (SASL/PLAIN) and is subject to access
 * control lists, but for two super users, the administrator and the brokers themselves.
 */
final class KafkaAccess {

    static final String ADMIN = "admin";
    private static final String BROKER = "broker";
    static final Set<String> RESERVED = Set.of(ADMIN, BROKER);
    private static final String MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule";

    private final Map<String, String> passwords;

    /** No users: no login and no access control. */
    KafkaAccess(Map<String, String> users) {
        this.passwords = new LinkedHashMap<>();
        if (!users.isEmpty()) {
            passwords.put(ADMIN, ADMIN);
            passwords.put(BROKER, BROKER);
            passwords.putAll(users);
        }
    }

    boolean isOpen() {
        return passwords.isEmpty();
    }

    String protocol() {
        return isOpen() ? "PLAINTEXT" : "SASL_PLAINTEXT";
    }

    /** What servers need to know, given the names of their listeners. */
    Map<String, String> serverProperties(String... listeners) {
        Map<String, String> properties = new LinkedHashMap<>();
        if (isOpen()) {
            return properties;
        }
        properties.put("sasl.enabled.mechanisms", "PLAIN");
        properties.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
        properties.put("sasl.mechanism.controller.protocol", "PLAIN");
        properties.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        properties.put("super.users", "User:" + ADMIN + ";User:" + BROKER);
        String users = passwords.entrySet().stream()
                .map(user -> " user_" + user.getKey() + "=" + quote(user.getValue()))
                .collect(Collectors.joining());
        for (String listener : listeners) {
            properties.put(
                    "listener.name." + listener.toLowerCase(Locale.ROOT) + ".plain.sasl.jaas.config",
                    login(BROKER, BROKER) + users + ";");
        }
        return properties;
    }

    /** What a client needs to know. */
    Map<String, Object> clientProperties(String user, String password) {
        return Map.of(
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                login(user, password) + ";");
    }

    /** What a client needs to know that logs in as a known user; nothing if there is no login. */
    Map<String, Object> clientProperties(String user) {
        if (isOpen()) {
            return Map.of();
        }
        String password = passwords.get(user);
        if (password == null) {
            throw new IllegalArgumentException("No user " + user + ", only " + passwords.keySet());
        }
        return clientProperties(user, password);
    }

    private static String login(String user, String password) {
        return MODULE + " required username=" + quote(user) + " password=" + quote(password);
    }

    private static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
