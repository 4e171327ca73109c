package io.github.resilientkafka.testing;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.DefaultSingletonBeanRegistry;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Launches the servers before anything of the application needs them. They are closed with the context, after everything
 * that uses them. Equal customizers share a cached context.
 */
record LocalServersContextCustomizer(@Nullable WithLocalKafka kafka, boolean postgres) implements ContextCustomizer {

    /** An application may have brokers of their own for each of them, which would win. */
    private static final List<String> CLIENTS = List.of("", "producer.", "consumer.", "admin.", "streams.");

    @Override
    public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
        DefaultSingletonBeanRegistry beans = (DefaultSingletonBeanRegistry) context.getBeanFactory();
        Map<String, Object> properties = new LinkedHashMap<>();
        if (postgres) {
            LocalPostgres server = LocalPostgres.launch();
            beans.registerSingleton("localPostgres", server);
            beans.registerDisposableBean("localPostgres", server::close);
            properties.put("spring.datasource.url", server.jdbcUrl());
            properties.put("spring.datasource.username", server.username());
            properties.put("spring.datasource.password", server.password());
        }
        if (kafka != null) {
            LocalKafka server = launchOrClose(beans, kafka);
            beans.registerSingleton("localKafka", server);
            beans.registerDisposableBean("localKafka", server::close);
            for (String client : CLIENTS) {
                properties.put("spring.kafka." + client + "bootstrap-servers", server.bootstrapServers());
            }
        }
        context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("localServers", properties));
    }

    /** Nobody closes a context that was never started, nor what belongs to it. */
    private static LocalKafka launchOrClose(DefaultSingletonBeanRegistry beans, WithLocalKafka kafka) {
        try {
            return launch(kafka);
        } catch (RuntimeException | Error ex) {
            beans.destroySingleton("localPostgres");
            throw ex;
        }
    }

    private static LocalKafka launch(WithLocalKafka kafka) {
        LocalKafka.Builder builder = LocalKafka.builder().brokers(kafka.brokers());
        for (String property : kafka.properties()) {
            int equals = property.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(
                        "@WithLocalKafka(properties): '" + property + "' is not of the form name=value");
            }
            builder.property(
                    property.substring(0, equals).trim(),
                    property.substring(equals + 1).trim());
        }
        return builder.launch();
    }
}
