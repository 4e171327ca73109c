package io.github.resilientkafka.store;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.beans.factory.annotation.Qualifier;

/**
 * Marks the {@link javax.sql.DataSource} bean that the event store is to use.
 * <p>
 * Needed where there are several and none is primary, where connections are routed, and where the store should have a
 * pool of its own that it cannot copy from the application's (it can for HikariCP). Declare such a bean with
 * {@code @Bean(defaultCandidate = false)}, so that the application's other parts do not see it:
 * <pre>
 * &#64;Bean(defaultCandidate = false)
 * &#64;ResilientKafkaDataSource
 * DataSource eventDataSource() { ... }
 * </pre>
 */
@Documented
@Qualifier
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.TYPE, ElementType.ANNOTATION_TYPE})
public @interface ResilientKafkaDataSource {}
