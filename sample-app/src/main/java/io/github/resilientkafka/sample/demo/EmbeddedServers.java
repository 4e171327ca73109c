package io.github.resilientkafka.sample.demo;

import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;

/**
 * Starts a broker where {@code spring.kafka.bootstrap-servers} is not set, and a database where
 * {@code spring.datasource.url} is not, before anything of the application needs them. They stop with the application,
 * after everything that uses them.
 */
public final class EmbeddedServers implements ApplicationContextInitializer<GenericApplicationContext> {

    @Override
    public void initialize(GenericApplicationContext context) {
        Binder binder = Binder.get(context.getEnvironment());
        DefaultListableBeanFactory beans = context.getDefaultListableBeanFactory();
        Map<String, Object> properties = new LinkedHashMap<>();
        if (!binder.bind("spring.datasource.url", Bindable.of(String.class)).isBound()) {
            LocalPostgres postgres = LocalPostgres.launch();
            beans.registerSingleton("embeddedPostgres", postgres);
            beans.registerDisposableBean("embeddedPostgres", postgres::close);
            properties.put("spring.datasource.url", postgres.jdbcUrl());
            properties.put("spring.datasource.username", postgres.username());
            properties.put("spring.datasource.password", postgres.password());
        }
        if (!binder.bind("spring.kafka.bootstrap-servers", Bindable.listOf(String.class))
                .isBound()) {
            LocalKafka kafka = LocalKafka.launch();
            beans.registerSingleton("embeddedKafka", kafka);
            beans.registerDisposableBean("embeddedKafka", kafka::close);
            properties.put("spring.kafka.bootstrap-servers", kafka.bootstrapServers());
        }
        context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("embeddedServers", properties));
    }
}
